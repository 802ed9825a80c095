"""What a client may send, and what it is answered."""

import json
from typing import Any

import pytest

from pipeline_health.domain.build import Status
from pipeline_health.domain.subscription import Connection, Delivery, Filter
from pipeline_health.flows.connections import MESSAGE_LIMIT, connect, disconnect, receive
from tests.live import NOW


class Remembered:
    def __init__(self) -> None:
        self.open_now: dict[str, Connection] = {}

    def open(self, connection: Connection) -> None:
        self.open_now[connection.id] = connection

    def subscribe(self, connection: Connection) -> None:
        self.open(connection)

    def close(self, connection_id: str) -> None:
        self.open_now.pop(connection_id, None)


class Answered:
    def __init__(self, delivery: Delivery = Delivery.SENT) -> None:
        self.delivery = delivery
        self.messages: list[dict[str, Any]] = []

    def send(self, connection_id: str, message: bytes) -> Delivery:
        assert connection_id == "c1"
        self.messages.append(json.loads(message))
        return self.delivery


def after(message: Any, connections: Remembered | None = None) -> dict[str, Any]:
    """The one answer to a message (bytes, or what is sent as JSON)."""
    sockets = Answered()
    sent = message if isinstance(message, bytes) else json.dumps(message).encode()
    told, delivery = receive("c1", sent, NOW, connections or Remembered(), sockets)
    (answer,) = sockets.messages
    assert (told, delivery) == (answer["type"], Delivery.SENT)
    return answer


def fields(answer: dict[str, Any]) -> list[str]:
    assert answer["type"] == "error"
    assert "subscribe" in answer["message"]
    assert "ping" in answer["message"]
    return [error["field"] for error in answer["errors"]]


def test_it_remembers_who_connects_and_what_they_want_at_first_is_everything() -> None:
    connections = Remembered()
    connect("c1", NOW, connections)
    assert connections.open_now == {"c1": Connection("c1", NOW, Filter())}


def test_it_forgets_who_disconnects_and_does_not_mind_who_was_never_there() -> None:
    connections = Remembered()
    connect("c1", NOW, connections)
    disconnect("c1", connections)
    disconnect("c2", connections)
    assert connections.open_now == {}


def test_it_answers_a_ping() -> None:
    assert after({"action": "ping"}) == {"type": "pong"}


def test_it_subscribes_and_answers_with_the_filter_as_understood() -> None:
    connections = Remembered()
    answer = after(
        {"action": "subscribe", "filter": {"repo": "acme/shop", "status": ["failure"]}}, connections
    )
    assert answer == {"type": "subscribed", "filter": {"repo": ["acme/shop"], "status": ["failure"]}}
    assert connections.open_now["c1"].wants == Filter(repo=("acme/shop",), status=(Status.FAILURE,))


def test_it_subscribes_to_everything_again_with_an_empty_filter() -> None:
    connections = Remembered()
    assert after({"action": "subscribe", "filter": {}}, connections) == {"type": "subscribed", "filter": {}}
    assert connections.open_now["c1"].wants == Filter()


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"action": "subscribe", "filter": {"repository": "x"}}, "filter.repository"),
        ({"action": "subscribe", "filter": {"repo": 7}}, "filter.repo"),
        ({"action": "subscribe", "filter": {"repo": ["x", None]}}, "filter.repo.1"),
        ({"action": "subscribe", "filter": {"status": "green"}}, "filter.status.0"),
        ({"action": "subscribe", "filter": {"repo": "x" * 513}}, "filter.repo.0"),
        ({"action": "subscribe", "filter": None}, "filter"),
        ({"action": "subscribe"}, "filter"),
        ({"action": "subscribe", "filters": {}, "filter": {}}, "filters"),
        ({"action": "ping", "id": 1}, "id"),
        ({"action": "shout"}, "action"),
        ({"action": ["ping"]}, "action"),
        ({"action": {}}, "action"),
        ({}, "action"),
    ],
)
def test_it_names_the_field_that_is_wrong(message: dict[str, Any], field: str) -> None:
    assert fields(after(message)) == [field]


def test_it_keeps_the_old_filter_when_the_new_one_is_wrong() -> None:
    connections = Remembered()
    after({"action": "subscribe", "filter": {"repo": "acme/shop"}}, connections)
    after({"action": "subscribe", "filter": {"repo": "acme/other", "color": "red"}}, connections)
    assert connections.open_now["c1"].wants == Filter(repo=("acme/shop",))


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"NaN",
        b'"ping"',
        b"1" * 5000,
        b"[" * 20_000,
        b'{"a":' * 6_000,
        b'{"action":"subscribe","filter":{"repo":NaN}}',
        b'{"action":"subscribe","filter":{"repo":"\\ud800"}}',
        b'{"action":"subscribe","filter":' + b"[" * 3_000 + b"]" * 3_000 + b"}",
        b'{"action":"subscribe","filter":{"repo":"\x00"}}',
        b'{"action":"ping"' + b" " * 128 * 1024 + b"}",
    ],
)
def test_it_answers_whatever_a_client_sends(message: bytes) -> None:
    connections = Remembered()
    assert fields(after(message, connections))
    assert connections.open_now == {}


def test_it_takes_the_largest_message_and_refuses_one_byte_more() -> None:
    ping = b'{"action":"ping"}'
    assert after(ping.ljust(MESSAGE_LIMIT))["type"] == "pong"
    assert fields(after(ping.ljust(MESSAGE_LIMIT + 1))) == ["message"]


def test_it_answers_shortly_however_much_is_wrong() -> None:
    wrong = {f"key{number}" + "k" * 1000: "v" for number in range(25)}
    answer = after({"action": "subscribe", "filter": wrong})
    assert len(answer["errors"]) == 10
    assert len(json.dumps(answer)) < 5000


def test_it_tells_when_the_answer_did_not_arrive() -> None:
    told = receive("c1", b'{"action":"ping"}', NOW, Remembered(), Answered(Delivery.GONE))
    assert told == ("pong", Delivery.GONE)
