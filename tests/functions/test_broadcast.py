"""The broadcast function with the event that SNS sends, on a table and a socket API of this machine."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from functions.ws_connect import broadcast
from pipeline_health.adapters import sockets
from pipeline_health.adapters.connections import ConnectionTable
from pipeline_health.domain.events import BuildEvents
from pipeline_health.domain.subscription import Connection, Filter
from tests.live import NOW, ConnectionsApi, an_event, connections_api, sns_event

CONTEXT: Any = SimpleNamespace(
    function_name="b", memory_limit_in_mb=256, invoked_function_arn="arn:aws:lambda:x", aws_request_id="r1"
)
TWO = BuildEvents(events=(an_event(run="1", change="broken"), an_event(run="2", repo="acme/api")))


@pytest.fixture(autouse=True)
def api(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionsApi]:
    with connections_api() as api:
        monkeypatch.setenv("CONNECTIONS_TABLE", "ConnectionsTable")
        monkeypatch.setenv("WEBSOCKET_ENDPOINT", api.endpoint)
        monkeypatch.setattr(sockets, "ANSWER_SECONDS", 0.2)
        monkeypatch.setattr(broadcast, "now", lambda: NOW)
        for cached in (broadcast._settings, broadcast._connections, broadcast._sockets):
            cached.cache_clear()
        yield api


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> ConnectionTable:
    table = ConnectionTable(dynamodb, "ConnectionsTable")
    for connection_id in ("all", "gone", "busy", "broken", "hanging"):
        table.open(Connection(connection_id, NOW))
    table.open(Connection("api", NOW, Filter(repo=("acme/api",))))
    return table


def test_it_tells_who_is_open_what_they_want_and_forgets_who_is_gone(
    api: ConnectionsApi, table: ConnectionTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "now", lambda: NOW + 60_000)
    api.statuses |= {"gone": 410, "busy": 429, "broken": 500, "hanging": 0}
    broadcast.handler(sns_event(TWO), CONTEXT)
    (everything,) = (json.loads(message) for message in api.messages_to("all"))
    assert everything["type"] == "builds"
    assert [build.get("change") for build in everything["builds"]] == ["broken", None]
    (some,) = (json.loads(message) for message in api.messages_to("api"))
    assert [build["repo"] for build in some["builds"]] == ["acme/api"]
    assert {each.id for each in table.all()} == {"all", "api", "busy", "broken", "hanging"}


def test_it_logs_one_line_and_counts_each_outcome(
    api: ConnectionsApi,
    table: ConnectionTable,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    api.statuses |= {"gone": 410, "busy": 429, "broken": 500, "hanging": 0}
    broadcast.handler(sns_event(TWO), CONTEXT)
    (line,) = (vars(record) for record in caplog.records)
    assert [line[name] for name in ("msg", "builds", "sent", "gone", "failed")] == ["broadcast", 2, 2, 1, 3]
    counted = json.loads(capsys.readouterr().out)
    assert [counted[name] for name in ("Sent", "Gone", "Failed")] == [[2.0], [1.0], [3.0]]


def test_it_tells_the_same_when_the_topic_delivers_twice(api: ConnectionsApi, table: ConnectionTable) -> None:
    broadcast.handler(sns_event(TWO, TWO), CONTEXT)
    broadcast.handler(sns_event(TWO), CONTEXT)
    first, second = api.messages_to("all")
    assert first == second
    assert len(json.loads(first)["builds"]) == 2
