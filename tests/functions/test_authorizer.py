"""Who may read, as API Gateway asks it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_secretsmanager import SecretsManagerClient

from functions.authorizer import app
from pipeline_health.adapters.secrets import secrets_client
from pipeline_health.domain.reader import pass_id
from pipeline_health.flows.reconcile import SourceFailed
from tests.openid_server import AUDIENCE, openid_server
from tests.template import ROOT

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
    return answer(authorization)["isAuthorized"] is True


def answer(authorization: str | None) -> dict[str, Any]:
    headers = {} if authorization is None else {"authorization": authorization}
    said: dict[str, Any] = app.handler({"routeKey": "GET /builds", "headers": headers}, SimpleNamespace())
    return said


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


def test_it_opens_to_tokens_of_the_issuer_where_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with openid_server() as provider:
        monkeypatch.setenv("OIDC_ISSUER", provider.issuer)
        monkeypatch.setenv("OIDC_AUDIENCE", AUDIENCE)
        monkeypatch.setenv("ALLOW_INSECURE_RECEIVERS", "on")
        assert asked(f"Bearer {provider.token()}")
        assert asked(f"Bearer {provider.token('ec-1')}")
        assert not asked(f"Bearer {provider.token(aud='other')}")
        assert not asked(f"Bearer {TOKEN}")


def test_it_asks_an_issuer_over_https_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with openid_server() as provider:
        monkeypatch.setenv("OIDC_ISSUER", provider.issuer)
        monkeypatch.setenv("OIDC_AUDIENCE", AUDIENCE)
        with pytest.raises(SourceFailed, match="insecure_url"):
            asked(f"Bearer {provider.token()}")
        assert provider.asked == []


def test_it_says_what_let_the_reader_in_and_for_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer(f"Bearer {TOKEN}")["context"] == {"pass_id": pass_id(TOKEN)}
    assert answer("Bearer x") == {"isAuthorized": False, "context": {}}
    with openid_server() as provider:
        monkeypatch.setenv("OIDC_ISSUER", provider.issuer)
        monkeypatch.setenv("OIDC_AUDIENCE", AUDIENCE)
        monkeypatch.setenv("ALLOW_INSECURE_RECEIVERS", "on")
        app._tokens.cache_clear()
        ends = int(time.time()) + 60
        said = answer(f"Bearer {provider.token(exp=ends)}")["context"]
        assert said == {"pass_id": pass_id(provider.issuer, AUDIENCE), "until": str(ends * 1000)}


def test_it_loads_no_cryptography_for_the_read_token() -> None:
    """It would make a cold start two fifths longer."""
    loaded = "print(*sorted({'jwt', 'cryptography'} & set(sys.modules)))"
    command = [sys.executable, "-c", f"import sys; from functions.authorizer import app; {loaded}"]
    environment = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers/common'}", "PATH": os.environ["PATH"]}
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == ""
