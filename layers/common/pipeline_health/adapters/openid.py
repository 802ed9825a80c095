"""Tokens of an OpenID Connect issuer, by the keys that it publishes.

https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel

from pipeline_health.adapters.http_reader import Site, failure
from pipeline_health.domain.times import HOUR, SECOND
from pipeline_health.flows.reader import Forged, Key, check, key_of, read
from pipeline_health.flows.reconcile import SourceFailed

KEPT: Final = HOUR  # a key that an issuer takes back opens no longer than this
PAUSE: Final = 60 * SECOND  # between readings for keys that nobody knows: anyone may name one
_STEP: Final = 2.0  # seconds
_ANSWER: Final = 4.0

Shape = TypeVar("Shape")


class _Discovered(BaseModel):
    issuer: str
    jwks_uri: str


class _Keys(BaseModel):
    keys: list[dict[str, Any]]


class OpenIdTokens:
    def __init__(self, issuer: str, audience: str, *, insecure: bool = False) -> None:
        self._issuer = issuer
        self._audience = audience
        self._insecure = insecure
        self._keys: Mapping[str, Key] = {}
        self._read_at: int | None = None

    def open(self, token: str, now: int) -> bool:
        """SourceFailed where the issuer cannot be asked and its keys are not known."""
        try:
            said = read(token)
            key = self._key(said.key_id, now)
            if key is None:
                return False
            check(said, key, self._issuer, self._audience, now)
        except Forged:
            return False
        return True

    def _key(self, key_id: str, now: int) -> Key | None:
        age = KEPT if self._read_at is None else now - self._read_at
        if age >= KEPT or (key_id not in self._keys and age >= PAUSE):
            self._keys = self._published()
            self._read_at = now
        return self._keys.get(key_id)

    def _published(self) -> Mapping[str, Key]:
        path = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        discovered = self._fetched(path, _Discovered)
        if discovered.issuer != self._issuer:
            raise SourceFailed("another_issuer")
        published = self._fetched(discovered.jwks_uri, _Keys).keys
        known = ((str(said.get("kid")), key_of(said)) for said in published)
        return {key_id: key for key_id, key in known if key}

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
