"""Who may read, as API Gateway asks it."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_secretsmanager import SecretsManagerClient

from functions.authorizer import app
from pipeline_health.adapters.openid import KEPT, PAUSE, OpenIdTokens
from pipeline_health.adapters.secrets import secrets_client
from pipeline_health.flows.reconcile import SourceFailed
from tests.flows.test_reader import AUDIENCE, HEADER, ISSUER, NOW, OWNER, part, token

TOKEN = "r3ad"


@pytest.fixture(autouse=True)
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManagerClient]:
    with mock_aws():
        manager = boto3.client("secretsmanager")
        arn = manager.create_secret(Name="read", SecretString=json.dumps({"read": TOKEN}))["ARN"]
        monkeypatch.setenv("READ_TOKEN_ARN", arn)
        for cached in (app._tokens, secrets_client):
            cached.cache_clear()
        yield manager


def asked(authorization: str | None) -> bool:
    headers = {} if authorization is None else {"authorization": authorization}
    answer: dict[str, bool] = app.handler({"routeKey": "GET /builds", "headers": headers}, SimpleNamespace())
    assert answer.keys() == {"isAuthorized"}
    return answer["isAuthorized"]


def test_it_opens_to_the_read_token_and_to_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(f"Bearer {TOKEN}")
    for wrong in (
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}\ud800",
    ):
        assert not asked(wrong)
    assert not asked("Bearer " + "x" * 100_000)
    assert TOKEN not in capsys.readouterr().out


def test_it_opens_to_the_token_before_while_it_is_replaced(manager: SecretsManagerClient) -> None:
    assert asked(f"Bearer {TOKEN}")
    rotated = json.dumps({"read": "new", "previous": TOKEN})
    manager.put_secret_value(SecretId="read", SecretString=rotated)
    assert asked("Bearer new")
    assert asked(f"Bearer {TOKEN}")


@pytest.mark.parametrize("text", ["{}", '{"read": ""}', '{"webhook": "w"}', "nothing"])
def test_it_stays_shut_where_there_is_no_token(manager: SecretsManagerClient, text: str) -> None:
    manager.put_secret_value(SecretId="read", SecretString=text)
    assert not asked("Bearer ")
    assert not asked("Bearer w")


class Issuer(OpenIdTokens):
    """What it publishes stands here, and how often it was asked."""

    def __init__(self, **said: Any) -> None:
        super().__init__(ISSUER, AUDIENCE)
        self.asked: list[str] = []
        numbers = OWNER.public_key().public_numbers()
        key = {"kid": "one", "kty": "RSA", "n": part(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
        self.said = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", "keys": [key]} | said

    def _fetched(self, url: str, shape: Any) -> Any:
        self.asked.append(url)
        return shape.model_validate(self.said)


def test_it_asks_the_issuer_for_its_keys_once_in_a_while() -> None:
    issuer = Issuer()
    assert issuer.open(token(), NOW)
    assert issuer.open(token(), NOW + 1)
    assert issuer.asked == [f"{ISSUER}/.well-known/openid-configuration", f"{ISSUER}/keys"]
    assert not issuer.open(token(), NOW + KEPT)  # it has expired by then
    assert len(issuer.asked) == 4


def test_it_asks_for_a_key_that_is_new_but_not_for_everyone_who_names_one() -> None:
    issuer = Issuer()
    assert issuer.open(token(), NOW)
    unknown = token(header=HEADER | {"kid": "two"})
    assert not issuer.open(unknown, NOW + PAUSE - 1)
    assert len(issuer.asked) == 2
    assert not issuer.open(unknown, NOW + PAUSE)
    assert len(issuer.asked) == 4


def test_it_believes_no_other_issuer() -> None:
    with pytest.raises(SourceFailed):
        Issuer(issuer="https://evil.example.com").open(token(), NOW)


def test_it_asks_an_issuer_over_https_only() -> None:
    with pytest.raises(SourceFailed, match="insecure_url"):
        OpenIdTokens("http://127.0.0.1:1", AUDIENCE).open(token(), NOW)
