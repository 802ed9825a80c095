"""The webhook secret out of Secrets Manager: kept for five minutes, closed when in doubt."""

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from mypy_boto3_secretsmanager import SecretsManagerClient

from pipeline_health.adapters.secrets import KEPT, PAUSE, SharedSecret
from pipeline_health.flows.ingest import Unavailable
from tests.ingesting import NOW


@pytest.fixture
def manager() -> Iterator[SecretsManagerClient]:
    with mock_aws():
        yield boto3.client("secretsmanager")


def stored(manager: SecretsManagerClient, text: str) -> SharedSecret:
    arn = manager.create_secret(Name="webhook", SecretString=text)["ARN"]
    return SharedSecret(lambda: manager, arn)


def test_it_reads_the_secret_and_the_one_before_it(manager: SecretsManagerClient) -> None:
    secrets = stored(manager, json.dumps({"webhook": "new", "previous": "öld"}))
    assert list(secrets.known(NOW)) == [b"new", "öld".encode()]


def test_it_asks_once_in_five_minutes_and_then_takes_up_a_new_one(manager: SecretsManagerClient) -> None:
    secrets = stored(manager, json.dumps({"webhook": "first"}))
    assert list(secrets.known(NOW)) == [b"first"]
    manager.put_secret_value(SecretId="webhook", SecretString=json.dumps({"webhook": "second"}))
    assert list(secrets.known(NOW + KEPT - 1)) == [b"first"]
    assert list(secrets.known(NOW + KEPT)) == [b"second"]


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "[]",
        "null",
        "{}",
        '{"webhook": ""}',
        '{"webhook": null}',
        '{"webhook": 7}',
        '{"webhook": " "}',
        '"x"',
    ],
)
def test_anything_but_a_secret_lets_nobody_in(manager: SecretsManagerClient, text: str) -> None:
    assert not stored(manager, text).known(NOW)


def test_without_an_arn_nobody_is_let_in_and_nothing_is_asked() -> None:
    def never() -> SecretsManagerClient:
        raise AssertionError

    assert not SharedSecret(never, "").known(NOW)


def test_a_secret_that_cannot_be_read_is_asked_for_again(manager: SecretsManagerClient) -> None:
    secrets = stored(manager, json.dumps({"webhook": "first"}))
    with Stubber(manager) as stub:
        stub.add_client_error("get_secret_value", "ThrottlingException")
        with pytest.raises(Unavailable):
            secrets.known(NOW)
    assert list(secrets.known(NOW)) == [b"first"]


def test_a_wrong_secret_has_it_read_again_but_not_for_everyone_who_guesses(
    manager: SecretsManagerClient,
) -> None:
    secrets = stored(manager, json.dumps({"webhook": "first"}))
    secrets.known(NOW)
    rotated = {"webhook": "second", "previous": "first"}
    manager.put_secret_value(SecretId="webhook", SecretString=json.dumps(rotated))
    assert list(secrets.known(NOW + 1)) == [b"first"]
    assert list(secrets.renewed(NOW + 1)) == list(secrets.known(NOW + 2)) == [b"second", b"first"]
    with Stubber(manager) as stub:
        stub.add_response("get_secret_value", {"SecretString": '{"webhook": "third"}'})
        assert not secrets.renewed(NOW + PAUSE)
    assert secrets.renewed(NOW + 1 + PAUSE)


def test_what_is_known_stays_where_reading_it_again_fails(manager: SecretsManagerClient) -> None:
    secrets = stored(manager, json.dumps({"webhook": "first"}))
    secrets.known(NOW)
    with Stubber(manager) as stub:
        stub.add_client_error("get_secret_value", "ThrottlingException")
        assert not secrets.renewed(NOW + PAUSE)
    assert list(secrets.known(NOW + PAUSE)) == [b"first"]


def test_a_secret_has_the_name_of_what_it_opens(manager: SecretsManagerClient) -> None:
    arn = manager.create_secret(Name="read", SecretString='{"webhook": "w", "read": "r"}')["ARN"]
    assert list(SharedSecret(lambda: manager, arn, "read").known(NOW)) == [b"r"]
