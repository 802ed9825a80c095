"""Secrets in Secrets Manager that someone else has to know: JSON {"webhook": "...", "previous"?: "..."}."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipeline_health.adapters import aws
from pipeline_health.domain.times import SECOND
from pipeline_health.flows.ingest import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT: Final = 300 * SECOND  # a rotated secret is taken up within five minutes
PAUSE: Final = 10 * SECOND  # between readings that wrong secrets cause: guessing must cost us nothing
PREVIOUS: Final = "previous"  # those who know it change over one by one, so both hold during a rotation


class SharedSecret:
    """Fails closed: no secret, an empty one or one that is not that JSON lets nobody in."""

    def __init__(self, client: Callable[[], "SecretsManagerClient"], arn: str, name: str = "webhook") -> None:
        self._client = client
        self._arn = arn
        self._name = name
        self._secrets: Sequence[bytes] = ()
        self._fresh_until = 0
        self._renewable_at = 0

    def known(self, now: int) -> Sequence[bytes]:
        """What is accepted, the present one first; Unavailable where it cannot be read."""
        if self._arn and now >= self._fresh_until:
            self._take(now)
        return self._secrets

    def renewed(self, now: int) -> Sequence[bytes]:
        """Read once more, for one that is not among the known; nothing where that was a moment ago."""
        if not self._arn or now < self._renewable_at:
            return ()
        self._renewable_at = now + PAUSE
        try:
            self._take(now)
        except Unavailable:
            return ()  # then what is known decides
        return self._secrets

    def _take(self, now: int) -> None:
        self._secrets = _secrets_in(self._read(), (self._name, PREVIOUS))
        self._fresh_until = now + KEPT

    def _read(self) -> str:
        try:
            return self._client().get_secret_value(SecretId=self._arn).get("SecretString", "")
        except (ClientError, BotoCoreError) as error:
            raise Unavailable(f"The {self._name} secret") from error


def _secrets_in(text: str, names: Sequence[str]) -> tuple[bytes, ...]:
    try:
        document: Any = json.loads(text)
    except ValueError:
        return ()
    found = [document.get(name) for name in names] if isinstance(document, dict) else []
    return tuple(secret.encode() for secret in found if isinstance(secret, str) and secret.strip())


@cache
def secrets_client() -> "SecretsManagerClient":
    config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
    return aws.client("secretsmanager", config)
