"""The one token that opens the read API, and the one before it during a rotation."""

from collections.abc import Sequence
from hmac import compare_digest

from pipeline_health.adapters.secrets import SharedSecret
from pipeline_health.domain.reader import Reader, pass_id


class ReadToken:
    def __init__(self, secret: SharedSecret) -> None:
        self._secret = secret

    def open(self, token: str, now: int) -> Reader | None:
        given = token.encode("utf-8", "surrogatepass")
        known = _any(given, self._secret.known(now)) or _any(given, self._secret.renewed(now))
        return Reader(pass_id(token)) if known else None

    def passes(self, now: int) -> frozenset[str]:
        """What lets readers in by now; Unavailable where that cannot be read."""
        return frozenset(pass_id(secret.decode()) for secret in self._secret.known(now))


def _any(given: bytes, known: Sequence[bytes]) -> bool:
    """Every one is compared, so the time taken tells nothing."""
    return sum(compare_digest(given, secret) for secret in known) > 0
