"""JSON from a sender's API with a credential that goes to one origin, and into no log line or error."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, InvalidURL
from typing import Final, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

from pydantic import TypeAdapter, ValidationError

from pipeline_health.adapters.webhooks import connect, secure, tls
from pipeline_health.domain.times import SECOND
from pipeline_health.flows.reconcile import SourceFailed

STEP_SECONDS: Final = 10  # for connecting, and for each piece of an answer
ANSWER_SECONDS: Final = 30  # for all of it
SIZE_LIMIT: Final = 32 * 1024 * 1024  # a page of 100 of GitHub's runs is 2 MB
_REDIRECTS: Final = 3
_PIECE: Final = 256 * 1024
Shape = TypeVar("Shape")

_TEMPORARY: Final = frozenset((408, 425, 429))
_REASONS: Final = {401: "unauthorized", 403: "forbidden", 404: "not_found"}


@dataclass(frozen=True)
class Answer:
    """Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def read(self, shape: type[Shape]) -> Shape:
        """The body as that shape; a host that answers anything else is the wrong host."""
        try:
            return TypeAdapter(shape).validate_json(self.body)
        except ValidationError:
            raise SourceFailed("unexpected_answer") from None  # pydantic's message quotes the body


class Site:
    """One origin. Its connection stays open from one request to the next; a thread has its own Site."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        insecure: bool = False,
        step_seconds: float = STEP_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self.url = url.rstrip("/")
        self._headers = dict(headers)
        self._insecure = insecure
        self._step_seconds = step_seconds
        self._answer_seconds = answer_seconds
        self._open: HTTPConnection | None = None

    def get(self, target: str, **headers: str) -> Answer:
        """`target` is a path below the site's URL, or an address of the same origin."""
        address = self._address(target)
        for _ in range(_REDIRECTS):
            answer = self._ask("GET", address, headers)
            if answer.status not in (301, 302, 307, 308):
                return answer
            address = self._address(urljoin(address, answer.headers.get("location", "")))
        raise SourceFailed("redirected")

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def post(self, target: str) -> Answer:
        return self._ask("POST", self._address(target), {})

    def _address(self, target: str) -> str:
        """Never another origin: the credential would go along."""
        address = f"{self.url}{target}" if target.startswith("/") else target
        try:
            elsewhere = _origin(urlsplit(address)) != _origin(urlsplit(self.url))
        except ValueError:
            raise SourceFailed("bad_url") from None
        if elsewhere:
            raise SourceFailed("redirected")
        return address

    def _ask(self, method: str, address: str, headers: Mapping[str, str]) -> Answer:
        """Once more on a new connection where the open one was closed meanwhile."""
        reused = self._open is not None
        try:
            return self._try(method, address, headers)
        except TimeoutError:
            raise SourceFailed("timeout", permanent=False) from None
        except (InvalidURL, ValueError):
            raise SourceFailed("bad_url") from None
        except (OSError, HTTPException):
            if reused:
                return self._ask(method, address, headers)
            raise SourceFailed("unreachable", permanent=False) from None

    def _try(self, method: str, address: str, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(address)
        connection = self._open = self._open or self._connected(parts)
        until = time.monotonic() + self._answer_seconds
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        try:
            connection.request(method, target, headers={**self._headers, **headers})
            with connection.getresponse() as response:
                return _read(response, until)
        except BaseException:  # whatever stopped it, the rest of its answer is not the next one's
            self.close()
            raise

    def _connected(self, parts: SplitResult) -> HTTPConnection:
        if not (self._insecure or secure(parts)):
            raise SourceFailed("insecure_url")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SourceFailed("bad_url")
        connection = (
            HTTPConnection(parts.hostname, parts.port, timeout=self._step_seconds)
            if parts.scheme == "http"
            else HTTPSConnection(parts.hostname, parts.port, timeout=self._step_seconds, context=tls())
        )
        try:
            connect(connection, insecure=self._insecure)
        except BaseException:
            connection.close()
            raise
        return connection


def failure(answer: Answer) -> SourceFailed:
    """What an answer that is no success says."""
    reason = _REASONS.get(answer.status, f"http_{answer.status}")
    permanent = answer.status < 500 and answer.status not in _TEMPORARY
    return SourceFailed(reason, permanent=permanent, retry_after=retry_after(answer.headers) or 0)


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Milliseconds; None where it is not said as seconds."""
    seconds = headers.get("retry-after", "")
    return int(seconds) * SECOND if seconds.isdecimal() and len(seconds) < 7 else None


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, parts.hostname or "", parts.port


def _read(response: HTTPResponse, until: float) -> Answer:
    """In pieces: one that drips must not hold us, one that never ends must not fill us."""
    pieces: list[bytes] = []
    size = 0
    while piece := response.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > SIZE_LIMIT:
            raise SourceFailed("too_large")
        if time.monotonic() > until:
            raise TimeoutError
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, b"".join(pieces))
