"""The WebSocket function with API Gateway's events, on a table and a socket API of this machine."""

import base64
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from functions.ws_connect import app
from pipeline_health.adapters.connections import ConnectionTable
from pipeline_health.domain.subscription import Filter
from tests.live import ConnectionsApi, connections_api

CONTEXT: Any = SimpleNamespace(
    function_name="ws", memory_limit_in_mb=256, invoked_function_arn="arn:aws:lambda:x", aws_request_id="r1"
)


@pytest.fixture(autouse=True)
def api(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionsApi]:
    with connections_api() as api:
        monkeypatch.setenv("CONNECTIONS_TABLE", "ConnectionsTable")
        monkeypatch.setenv("WEBSOCKET_ENDPOINT", api.endpoint)
        monkeypatch.setenv("TICKETS_TABLE", "TicketsTable")
        monkeypatch.setenv("AUTH", "off")
        for cached in (app._settings, app._connections, app._tickets, app._sockets):
            cached.cache_clear()
        yield api


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> ConnectionTable:
    return ConnectionTable(dynamodb, "ConnectionsTable")


def an_event(route: str, kind: str, body: str | None = None, **more: Any) -> dict[str, Any]:
    context = {
        "routeKey": route,
        "eventType": kind,
        "extendedRequestId": "Tb7FVGxmDoEFt0A=",
        "requestTime": "23/Nov/2026:12:00:00 +0000",
        "messageDirection": "IN",
        "stage": "ws",
        "connectedAt": 1795435200000,
        "requestTimeEpoch": 1795435200000,
        "identity": {"userAgent": "Mozilla/5.0", "sourceIp": "192.0.2.7"},
        "requestId": "Tb7FVGxmDoEFt0A=",
        "domainName": "abcdef.execute-api.eu-west-1.amazonaws.com",
        "connectionId": "Tb7FVd-mDoECHpA",
        "apiId": "abcdef",
    }
    if kind == "MESSAGE":
        context["messageId"] = "Tb7FVfpTDoECHpA"
    return {"requestContext": context, "isBase64Encoded": False} | ({"body": body} if body else {}) | more


CONNECT = an_event(
    "$connect",
    "CONNECT",
    headers={"Host": "abcdef.execute-api.eu-west-1.amazonaws.com", "Upgrade": "websocket"},
    multiValueHeaders={"Host": ["abcdef.execute-api.eu-west-1.amazonaws.com"], "Upgrade": ["websocket"]},
)
DISCONNECT = an_event("$disconnect", "DISCONNECT")
DISCONNECT["requestContext"] |= {"disconnectStatusCode": 1001, "disconnectReason": "Going away"}


def message(body: str | None, **more: Any) -> dict[str, Any]:
    return an_event("$default", "MESSAGE", body, **more)


def answers(api: ConnectionsApi) -> list[dict[str, Any]]:
    return [json.loads(sent) for sent in api.messages_to("Tb7FVd-mDoECHpA")]


def test_it_keeps_a_connection_from_connect_to_disconnect(table: ConnectionTable) -> None:
    assert app.handler(CONNECT, CONTEXT) == {"statusCode": 200}
    assert [each.id for each in table.all()] == ["Tb7FVd-mDoECHpA"]
    assert app.handler(DISCONNECT, CONTEXT) == {"statusCode": 200}
    assert list(table.all()) == []


def test_it_takes_a_disconnect_of_one_it_never_knew() -> None:
    assert app.handler(DISCONNECT, CONTEXT) == {"statusCode": 200}


def test_it_subscribes_and_answers(table: ConnectionTable, api: ConnectionsApi) -> None:
    app.handler(CONNECT, CONTEXT)
    app.handler(message('{"action": "subscribe", "filter": {"repo": "acme/shop"}}'), CONTEXT)
    assert [each.wants for each in table.all()] == [Filter(repo=("acme/shop",))]
    assert answers(api) == [{"type": "subscribed", "filter": {"repo": ["acme/shop"]}}]


def test_it_answers_a_ping_in_text_and_in_a_binary_frame(api: ConnectionsApi) -> None:
    binary = base64.b64encode(b'{"action": "ping"}').decode()
    app.handler(message('{"action": "ping"}'), CONTEXT)
    app.handler(message(binary, isBase64Encoded=True), CONTEXT)
    assert answers(api) == [{"type": "pong"}] * 2


@pytest.mark.parametrize(
    ("body", "encoded"),
    [(None, False), ("hello", False), ("\ud800", False), ("x" * 131_072, False), ("*", True), ("_w==", True)],
)
def test_it_answers_what_it_does_not_understand(api: ConnectionsApi, body: str | None, encoded: bool) -> None:
    assert app.handler(message(body, isBase64Encoded=encoded), CONTEXT) == {"statusCode": 200}
    assert [answer["type"] for answer in answers(api)] == ["error"]


@pytest.mark.parametrize("route", ["$connect", "$disconnect"])
def test_it_takes_no_message_for_a_connect_or_disconnect(
    table: ConnectionTable, api: ConnectionsApi, route: str
) -> None:
    app.handler(CONNECT, CONTEXT)
    app.handler(an_event(route, "MESSAGE", json.dumps({"action": route})), CONTEXT)
    assert [answer["type"] for answer in answers(api)] == ["error"]
    assert [each.id for each in table.all()] == ["Tb7FVd-mDoECHpA"]


def test_it_does_not_mind_when_the_client_is_gone_before_its_answer(api: ConnectionsApi) -> None:
    api.statuses["Tb7FVd-mDoECHpA"] = 410
    assert app.handler(message('{"action": "ping"}'), CONTEXT) == {"statusCode": 200}


def test_it_logs_and_counts_what_happened_but_not_what_was_sent(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    app.handler(message('{"action": "subscribe", "filter": {"repo": "acme/unheard-of"}}'), CONTEXT)
    (line,) = (vars(record) for record in caplog.records)
    assert (line["msg"], line["connection"], line["delivery"]) == ("subscribed", "Tb7FVd-mDoECHpA", "sent")
    assert json.loads(capsys.readouterr().out)["Subscribed"] == [1.0]
    assert "unheard-of" not in str(line)
