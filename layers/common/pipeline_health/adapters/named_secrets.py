"""Secrets that a function shows to others, in Secrets Manager: JSON {"slack_webhook"?, "github"?, ...}."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from pipeline_health.domain.times import SECOND

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT: Final = 300 * SECOND  # a changed secret is taken up within five minutes

Secrets = Mapping[str, str]


class NamedSecrets:
    """Raises where there is a secret that cannot be read: what needs it waits, nothing is lost in silence."""

    def __init__(self, client: Callable[[], "SecretsManagerClient"], arn: str) -> None:
        self._client = client
        self._arn = arn
        self._secrets: Secrets = {}
        self._fresh_until = 0

    def get(self, now: int) -> Secrets:
        """By name, without those that are empty. No ARN: no secrets, and no request."""
        if self._arn and now >= self._fresh_until:
            self._secrets = _named(self._read())
            self._fresh_until = now + KEPT
        return self._secrets

    def _read(self) -> str:
        return self._client().get_secret_value(SecretId=self._arn)["SecretString"]


def _named(text: str) -> Secrets:
    """No pydantic here: its errors quote what they refuse."""
    return {name: value for name, value in json.loads(text).items() if isinstance(value, str) and value}
