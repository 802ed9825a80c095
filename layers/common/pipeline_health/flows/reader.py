"""Who reads: what a request shows, and who is let in for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class Reader:
    """`pass_id` names what let them in, so that what was opened with it can be closed when it is taken back;
    `until`, an instant, where it ends by itself."""

    pass_id: str
    until: int | None = None


def pass_id(*shown: str) -> str:
    """A digest: who reads it lets nobody in."""
    return sha256("\0".join(shown).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def bearer(headers: Mapping[str, str]) -> str:
    """The token of an Authorization header, empty where there is none."""
    given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    scheme, _, token = given.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
