"""Tokens of an OpenID Connect issuer, by the keys that it publishes.

https://openid.net/specs/openid-connect-discovery-1_0.html
PyJWT comes with functions/authorizer alone, which imports this only where an issuer is named.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pydantic import BaseModel

from pipeline_health.adapters.http_reader import Site, failure
from pipeline_health.domain.reader import Reader, pass_id
from pipeline_health.domain.times import DAY, HOUR, SECOND
from pipeline_health.flows.reconcile import SourceFailed

# Never "none", never HMAC: with those whoever knows the issuer's public key could sign.
ALGORITHMS: Final = ("RS256", "ES256")
LEEWAY: Final = 60  # seconds that clocks may differ
KEPT: Final = HOUR  # a key that an issuer takes back opens no longer than this
PAUSE: Final = 60 * SECOND  # between readings for keys that nobody knows: anyone may name one
RETRY: Final = 5 * SECOND  # after a reading that failed
_BITS: Final = range(2048, 8193)  # of an RSA key: shorter can be broken, longer costs everybody's time
_STEP: Final = 2.0  # seconds
_ANSWER: Final = 4.0

Keys = Mapping[str, jwt.PyJWK]
Shape = TypeVar("Shape")


class _Discovered(BaseModel):
    issuer: str
    jwks_uri: str


class _Published(BaseModel):
    keys: list[dict[str, Any]]


class OpenIdTokens:
    def __init__(self, issuer: str, audience: str, *, insecure: bool = False) -> None:
        self._issuer = issuer
        self._audience = audience
        self._insecure = insecure
        self._keys: Keys = {}
        self._fresh_until = 0
        self._askable_at = 0

    def open(self, token: str, now: int) -> Reader | None:
        """SourceFailed where the issuer cannot be asked and its keys are not known."""
        try:
            key = self._key(_key_id(token), now)
            claims = self._claims(token, key) if key else None
        except jwt.PyJWTError:
            return None
        if claims is None:
            return None
        return Reader(pass_id(self._issuer, self._audience), min(int(claims["exp"]) * SECOND, now + DAY))

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any] | None:
        """What the key's owner signed, for us, and for now."""
        if not self._audience:
            return None
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=self._issuer,
            audience=self._audience,
            leeway=LEEWAY,
            options={"require": ["exp", "iss", "aud"]},
        )
        return claims

    def _key(self, key_id: str, now: int) -> jwt.PyJWK | None:
        wanted = now >= self._fresh_until or key_id not in self._keys
        if wanted and now >= self._askable_at:
            self._renew(now)
        if now >= self._fresh_until:
            raise SourceFailed("unreachable", permanent=False)
        return self._keys.get(key_id)

    def _renew(self, now: int) -> None:
        self._askable_at = now + RETRY
        self._keys = dict(_usable(self._published()))
        self._fresh_until, self._askable_at = now + KEPT, now + PAUSE

    def _published(self) -> list[dict[str, Any]]:
        path = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        discovered = self._fetched(path, _Discovered)
        if discovered.issuer != self._issuer:
            raise SourceFailed("another_issuer")
        return self._fetched(discovered.jwks_uri, _Published).keys

    def _fetched(self, url: str, shape: type[Shape]) -> Shape:
        parts = urlsplit(url)
        site = Site(
            f"{parts.scheme}://{parts.netloc}",
            {},
            insecure=self._insecure,
            step_seconds=_STEP,
            answer_seconds=_ANSWER,
        )
        try:
            answer = site.get(url)
        finally:
            site.close()
        if answer.status != 200:
            raise failure(answer)
        return answer.read(shape)


def _key_id(token: str) -> str:
    """Of the key that the token says it was signed with, which nobody has checked yet."""
    if not token.isascii():
        raise jwt.DecodeError
    named = jwt.get_unverified_header(token).get("kid")
    if not named:
        raise jwt.DecodeError
    return str(named)


def _usable(published: list[dict[str, Any]]) -> Iterator[tuple[str, jwt.PyJWK]]:
    """Those we take: for signatures, of our algorithms, each bound to the one it is for, and sound."""
    for said in published:
        if not isinstance(said.get("kid"), str) or said.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK(said)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if key.algorithm_name in ALGORITHMS and _sound(key.key):
            yield said["kid"], key


def _sound(key: Any) -> bool:
    return not isinstance(key, RSAPublicKey) or key.key_size in _BITS
