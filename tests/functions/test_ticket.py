"""A ticket opens one WebSocket, once, soon, for the page it was given to."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from functions.ws_connect import app, ticket
from pipeline_health.adapters import dynamodb as shared
from pipeline_health.adapters.connections import ConnectionTable
from pipeline_health.adapters.tickets import TicketTable
from pipeline_health.domain.reader import ANYBODY, Reader
from pipeline_health.flows.tickets import LIFETIME, admitted, allowed, issue
from tests.functions.test_ws_connect import CONNECT, CONTEXT
from tests.live import NOW

PAGE = "https://ci.example.com"


@pytest.fixture(autouse=True)
def locked(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    told = {"CONNECTIONS_TABLE": "ConnectionsTable", "TICKETS_TABLE": "TicketsTable", "AUTH": "on"}
    for name, value in (told | {"WEBSOCKET_ENDPOINT": "http://x", "ALLOW_ORIGINS": PAGE}).items():
        monkeypatch.setenv(name, value)
    caches = (app._settings, app._connections, app._tickets, ticket._settings, ticket._tickets, shared.client)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def given(origin: str = PAGE, status: int = 201, let_in: dict[str, str] | None = None) -> str:
    event: dict[str, Any] = {"headers": {"origin": origin, "host": "api.example.com"}}
    if let_in:
        event["requestContext"] = {"authorizer": {"lambda": let_in}}
    answer = ticket.handler(event, CONTEXT)
    assert answer["statusCode"] == status
    return str(json.loads(answer["body"]).get("ticket", ""))


def connected(shown: str | None, origin: str = PAGE) -> int:
    event: dict[str, Any] = CONNECT | {"headers": {"Origin": origin}}
    query = {} if shown is None else {"queryStringParameters": {"ticket": shown}}
    status: int = app.handler(event | query, CONTEXT)["statusCode"]
    return status


def test_it_opens_one_socket_and_not_a_second(dynamodb: DynamoDBClient) -> None:
    shown = given()
    assert connected(shown) == 200
    assert connected(shown) == 401
    assert len(list(ConnectionTable(dynamodb, "ConnectionsTable").all())) == 1


@pytest.mark.parametrize(
    ("let_in", "reader"),
    [
        ({}, ANYBODY),
        ({"pass_id": "some digest"}, Reader("some digest")),
        ({"pass_id": "another's", "until": str(NOW)}, Reader("another's", NOW)),
    ],
)
def test_it_tells_the_socket_who_was_let_in(
    dynamodb: DynamoDBClient, let_in: dict[str, str], reader: Reader
) -> None:
    assert connected(given(let_in=let_in)) == 200
    assert [each.reader for each in ConnectionTable(dynamodb, "ConnectionsTable").all()] == [reader]


@pytest.mark.parametrize("shown", [None, "", "a guess", "\ud800"])
def test_it_opens_nothing_without_a_ticket(dynamodb: DynamoDBClient, shown: str | None) -> None:
    assert connected(shown) == 401
    assert list(ConnectionTable(dynamodb, "ConnectionsTable").all()) == []


def test_it_opens_nothing_for_another_page() -> None:
    assert connected(given(), origin="https://evil.example.com") == 401


def test_it_is_given_to_no_page_that_the_deployment_does_not_name() -> None:
    assert given("https://evil.example.com", status=403) == ""
    assert given("https://api.example.com")


def test_it_is_kept_as_a_digest(dynamodb: DynamoDBClient) -> None:
    shown = given()
    assert shown not in json.dumps(dynamodb.scan(TableName="TicketsTable")["Items"])


def test_it_is_worth_nothing_after_half_a_minute(dynamodb: DynamoDBClient) -> None:
    """TTL may leave it in the table for days."""
    tickets = TicketTable(dynamodb, "TicketsTable")
    issue("one", "", NOW, tickets)
    issue("two", "", NOW, tickets)
    assert admitted("one", "", NOW + LIFETIME - 1, tickets)
    assert not admitted("two", "", NOW + LIFETIME, tickets)


@pytest.mark.parametrize(
    ("origin", "origins", "may"),
    [
        (PAGE, PAGE, True),
        (PAGE, f"https://other.example.com,{PAGE}", True),
        (PAGE, "*", True),
        ("", PAGE, True),
        ("https://api.example.com", PAGE, True),
        ("https://ci.example.com.evil.com", PAGE, False),
        ("null", PAGE, False),
        ("https://ci.example", PAGE, False),
    ],
)
def test_it_knows_whose_pages_may_listen(origin: str, origins: str, may: bool) -> None:
    assert allowed(origin, "api.example.com", origins) is may
