"""The function that looks every few minutes, on a table, a secret and a socket API of this machine."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_secretsmanager import SecretsManagerClient

from functions.ws_connect import revoke
from pipeline_health.adapters import dynamodb as shared
from pipeline_health.adapters.connections import ConnectionTable
from pipeline_health.adapters.secrets import KEPT, secrets_client
from pipeline_health.domain.reader import Reader, pass_id
from pipeline_health.domain.subscription import OPEN_AT_MOST, Connection
from pipeline_health.flows.ingest import Unavailable
from tests.functions.test_ws_connect import CONTEXT
from tests.live import NOW, ConnectionsApi, connections_api

ISSUER, AUDIENCE = "https://id.example.com", "pipeline-health"


@pytest.fixture(autouse=True)
def api(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionsApi]:
    caches = (revoke._settings, revoke._connections, revoke._sockets, revoke._read_token)
    with connections_api() as api:
        monkeypatch.setenv("CONNECTIONS_TABLE", "ConnectionsTable")
        monkeypatch.setenv("WEBSOCKET_ENDPOINT", api.endpoint)
        at(monkeypatch, NOW)
        for cached in (*caches, shared.client, secrets_client):
            cached.cache_clear()
        yield api


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> SecretsManagerClient:
    manager = boto3.client("secretsmanager")
    created = manager.create_secret(
        Name="read", SecretString=json.dumps({"read": "now", "previous": "before"})
    )
    monkeypatch.setenv("READ_TOKEN_ARN", created["ARN"])
    return manager


def at(monkeypatch: pytest.MonkeyPatch, now: int) -> None:
    monkeypatch.setattr(revoke, "now", lambda: now)


def opened(dynamodb: DynamoDBClient, *tokens: str, **more: Any) -> None:
    for token in tokens:
        reader = Reader(pass_id(*token.split(" ")), **more)
        ConnectionTable(dynamodb, "ConnectionsTable").open(Connection(token, NOW - 60_000, reader=reader))


def still_open(dynamodb: DynamoDBClient) -> set[str]:
    return {each.id for each in ConnectionTable(dynamodb, "ConnectionsTable").all()}


def test_it_closes_who_was_let_in_by_a_token_that_was_taken_back(
    dynamodb: DynamoDBClient,
    api: ConnectionsApi,
    manager: SecretsManagerClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened(dynamodb, "now", "before", "long-gone")
    revoke.handler({}, CONTEXT)
    assert api.ended == ["long-gone"]
    manager.put_secret_value(SecretId="read", SecretString='{"read": "now"}')
    at(monkeypatch, NOW + KEPT)  # so long it may know the one before
    revoke.handler({}, CONTEXT)
    assert api.ended == ["long-gone", "before"]
    assert still_open(dynamodb) == {"now"}


def test_it_closes_who_has_listened_for_two_hours(
    dynamodb: DynamoDBClient,
    api: ConnectionsApi,
    manager: SecretsManagerClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened(dynamodb, "now")
    at(monkeypatch, NOW - 60_000 + OPEN_AT_MOST - 1)
    revoke.handler({}, CONTEXT)
    assert api.ended == []
    at(monkeypatch, NOW - 60_000 + OPEN_AT_MOST)
    revoke.handler({}, CONTEXT)
    assert api.ended == ["now"]


def test_it_closes_nobody_while_it_cannot_read_what_lets_in(
    dynamodb: DynamoDBClient, api: ConnectionsApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READ_TOKEN_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:none")
    opened(dynamodb, "now")
    with pytest.raises(Unavailable):
        revoke.handler({}, CONTEXT)
    assert api.ended == []


def test_it_closes_who_came_by_another_issuer_or_whose_token_has_expired(
    dynamodb: DynamoDBClient, api: ConnectionsApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_ISSUER", ISSUER)
    monkeypatch.setenv("OIDC_AUDIENCE", AUDIENCE)
    opened(dynamodb, "a-read-token", f"{ISSUER} other")
    opened(dynamodb, f"{ISSUER} {AUDIENCE}", until=NOW + 1)
    revoke.handler({}, CONTEXT)
    assert still_open(dynamodb) == {f"{ISSUER} {AUDIENCE}"}
    at(monkeypatch, NOW + 1)
    revoke.handler({}, CONTEXT)
    assert still_open(dynamodb) == set()


def test_it_counts_whom_it_ended_and_says_nothing_where_it_ended_nobody(
    dynamodb: DynamoDBClient,
    api: ConnectionsApi,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OIDC_ISSUER", ISSUER)
    monkeypatch.setenv("OIDC_AUDIENCE", AUDIENCE)
    opened(dynamodb, f"{ISSUER} {AUDIENCE}", until=NOW + 1)
    revoke.handler({}, CONTEXT)
    assert "CloudWatchMetrics" not in capsys.readouterr().out
    at(monkeypatch, NOW + 1)
    revoke.handler({}, CONTEXT)
    assert '"Ended":[1.0]' in capsys.readouterr().out
