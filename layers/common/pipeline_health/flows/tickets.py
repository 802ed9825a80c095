"""A ticket opens one WebSocket, once: browsers can send no Authorization header with one.

A ticket is shown in a URL, so it is worth nothing after 30 seconds or its first use, and is kept as a digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol
from urllib.parse import urlsplit

from pipeline_health.domain.reader import ANYBODY, Reader
from pipeline_health.domain.times import SECOND

LIFETIME: Final = 30 * SECOND
ANY: Final = "*"


@dataclass(frozen=True)
class Ticket:
    """`digest` of what the reader holds; `origin` is the page it was given to, empty for no browser."""

    digest: str
    origin: str
    expires_at: int
    reader: Reader = ANYBODY


class Tickets(Protocol):
    def keep(self, ticket: Ticket) -> None: ...
    def take(self, digest: str, now: int) -> Ticket | None:
        """The ticket if it is still good, at most once."""
        ...


def issue(secret: str, origin: str, now: int, tickets: Tickets, reader: Reader = ANYBODY) -> Ticket:
    ticket = Ticket(digest_of(secret), origin, now + LIFETIME, reader)
    tickets.keep(ticket)
    return ticket


def admitted(secret: str, origin: str, now: int, tickets: Tickets) -> Reader | None:
    """Whom it lets in. A page may only use its own: another one's ticket is gone once it was tried."""
    ticket = tickets.take(digest_of(secret), now) if secret else None
    return ticket.reader if ticket is not None and ticket.origin == origin else None


def digest_of(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def allowed(origin: str, host: str, origins: str) -> bool:
    """Whether a page of that origin may listen: our own, and those that the deployment names."""
    return not origin or origins == ANY or origin in origins.split(",") or urlsplit(origin).netloc == host


def header(headers: Mapping[str, str], wanted: str) -> str:
    return next((value for name, value in headers.items() if name.lower() == wanted), "")
