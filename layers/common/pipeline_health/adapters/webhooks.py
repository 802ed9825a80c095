"""JSON to a webhook whose URL is itself the secret: it occurs in no log line, no error and no repr."""

import json
import socket
import ssl
import time
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, InvalidURL
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from pipeline_health.domain.times import SECOND
from pipeline_health.flows.delivery import DeliveryFailed

ANSWER_SECONDS: Final = 5  # for each step: connecting, and each piece of the answer
CONNECT_SECONDS: Final = 10  # over all addresses of the host, its name's look-up included

_TEMPORARY: Final = frozenset((408, 425, 429))
_DEFAULT_PAUSE: Final = 30  # seconds; for a 429 that does not say for how long


@dataclass(frozen=True)
class Webhook:
    """`insecure` accepts plain http and receivers on this machine or its network."""

    url: str = field(repr=False)
    insecure: bool = False
    answer_seconds: float = ANSWER_SECONDS

    def post(self, body: dict[str, Any]) -> None:
        """Returns once the receiver took it. `from None` below: these errors may quote the URL."""
        try:
            self._post(json.dumps(body).encode())
        except TimeoutError:
            raise DeliveryFailed("timeout", permanent=False) from None
        except PrivateAddress:
            raise DeliveryFailed("private_address", permanent=True) from None
        except (InvalidURL, ValueError):
            raise DeliveryFailed("bad_url", permanent=True) from None
        except (OSError, HTTPException):
            raise DeliveryFailed("unreachable", permanent=False) from None

    def _post(self, body: bytes) -> None:
        parts = urlsplit(self.url)
        if not (self.insecure or secure(parts)):
            raise DeliveryFailed("insecure_url", permanent=True)
        connection = self._connection(parts)
        try:
            connect(connection, insecure=self.insecure)
            target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
            connection.request("POST", target, body, {"Content-Type": "application/json; charset=utf-8"})
            with connection.getresponse() as response:
                _check(response)
        finally:
            connection.close()

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("no web address")
        if parts.scheme == "http":
            return HTTPConnection(parts.hostname, parts.port, timeout=self.answer_seconds)
        return HTTPSConnection(parts.hostname, parts.port, timeout=self.answer_seconds, context=tls())


@cache
def tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class PrivateAddress(OSError):
    """A name led to this machine or the network it stands in."""


def connect(connection: HTTPConnection, *, insecure: bool) -> None:
    """A look-up of a name has no time limit of its own. One that comes back late, perhaps when the function
    is thawed for its next call, must not send what another has been given to send in the meantime.
    """
    began = time.time()
    if not insecure:
        connection._create_connection = _outside  # type: ignore[attr-defined]  # http.client's own seam
    connection.connect()
    if time.time() - began > CONNECT_SECONDS:
        raise TimeoutError


def _outside(*given: Any) -> socket.socket:
    """Whom we reached, not what a name said before: it may say something else each time it is asked.

    Nothing was sent by then, not even the hello of TLS.
    """
    opened = socket.create_connection(*given)
    if not public(opened.getpeername()[0]):
        opened.close()
        raise PrivateAddress
    return opened


def public(address: str) -> bool:
    """An IPv4 address may stand inside an IPv6 one, and would be reached all the same."""
    found = ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (inner is None or inner.is_global)


def secure(parts: SplitResult) -> bool:
    """https, and no address of this machine or of the network it stands in."""
    host = parts.hostname or ""
    if parts.scheme != "https" or host == "localhost":
        return False
    try:
        return public(host)
    except ValueError:  # a name
        return True


def _check(response: HTTPResponse) -> None:
    """http.client follows no redirect, and neither do we: a webhook that moved is a wrong webhook."""
    status = response.status
    if 200 <= status < 300:
        return
    permanent = status < 500 and status not in _TEMPORARY
    pause = _retry_after(response) if status == 429 else 0
    raise DeliveryFailed(f"http_{status}", permanent=permanent, retry_after=pause)


def _retry_after(response: HTTPResponse) -> int:
    """Milliseconds; Slack says whole seconds (https://docs.slack.dev/apis/web-api/rate-limits)."""
    seconds = response.headers.get("Retry-After", "")
    return (int(seconds) if seconds.isdecimal() and len(seconds) < 7 else _DEFAULT_PAUSE) * SECOND
