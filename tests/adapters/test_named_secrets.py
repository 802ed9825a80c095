"""Secrets by name: read once in a while, and raised about where they cannot be."""

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from mypy_boto3_secretsmanager import SecretsManagerClient

from pipeline_health.adapters.named_secrets import KEPT, NamedSecrets
from tests.alert_examples import NOON

SAID = {"slack_webhook": "https://hooks.slack.com/x", "smtp_user": "", "smtp_pass": ""}


@pytest.fixture
def client() -> Iterator[SecretsManagerClient]:
    with mock_aws():
        yield boto3.client("secretsmanager")


def secrets(client: SecretsManagerClient, text: str) -> NamedSecrets:
    return NamedSecrets(lambda: client, client.create_secret(Name="alerts", SecretString=text)["ARN"])


def test_it_reads_what_is_not_empty(client: SecretsManagerClient) -> None:
    assert secrets(client, json.dumps(SAID)).get(NOON) == {"slack_webhook": "https://hooks.slack.com/x"}


def test_it_asks_for_nothing_where_there_is_no_secret() -> None:
    def unwanted() -> SecretsManagerClient:
        raise AssertionError

    assert NamedSecrets(unwanted, "").get(NOON) == {}


def test_it_takes_a_changed_secret_up_after_five_minutes(client: SecretsManagerClient) -> None:
    kept = secrets(client, json.dumps(SAID))
    kept.get(NOON)
    client.put_secret_value(SecretId="alerts", SecretString='{"slack_webhook": "new"}')
    assert kept.get(NOON + KEPT - 1)["slack_webhook"] == "https://hooks.slack.com/x"
    assert kept.get(NOON + KEPT)["slack_webhook"] == "new"


def test_it_raises_where_the_secret_cannot_be_read(client: SecretsManagerClient) -> None:
    with pytest.raises(ClientError):
        NamedSecrets(lambda: client, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:none").get(NOON)


def test_it_raises_without_quoting_a_secret_that_is_no_json(client: SecretsManagerClient) -> None:
    with pytest.raises(ValueError, match="Expecting value") as wrong:
        secrets(client, "s3cr3t").get(NOON)
    assert "s3cr3t" not in str(wrong.value)
