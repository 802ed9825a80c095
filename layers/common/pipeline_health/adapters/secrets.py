"""Webhook secrets in Secrets Manager: JSON {"webhook": "...", "previous"?: "..."}."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipeline_health.domain.times import SECOND
from pipeline_health.flows.ingest import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT: Final = 300 * SECOND  # a rotated secret is taken up within five minutes
_NAMES: Final = ("webhook", "previous")  # senders change over one by one, so both hold during a rotation


class WebhookSecrets:
    """Fails closed: no secret, an empty one or one that is not that JSON lets nobody in."""

    def __init__(self, client: Callable[[], "SecretsManagerClient"], arn: str) -> None:
        self._client = client
        self._arn = arn
        self._secrets: Sequence[bytes] = ()
        self._fresh_until = 0

    def get(self, now: int) -> Sequence[bytes]:
        if self._arn and now >= self._fresh_until:
            self._secrets = _secrets_in(self._read())
            self._fresh_until = now + KEPT
        return self._secrets

    def _read(self) -> str:
        try:
            return self._client().get_secret_value(SecretId=self._arn).get("SecretString", "")
        except (ClientError, BotoCoreError) as error:
            raise Unavailable("The webhook secret") from error


def _secrets_in(text: str) -> tuple[bytes, ...]:
    try:
        document: Any = json.loads(text)
    except ValueError:
        return ()
    found = [document.get(name) for name in _NAMES] if isinstance(document, dict) else []
    return tuple(secret.encode() for secret in found if isinstance(secret, str) and secret)


@cache
def secrets_client() -> "SecretsManagerClient":
    config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
    return boto3.client("secretsmanager", config=config)
