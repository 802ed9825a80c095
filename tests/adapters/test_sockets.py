"""The real client against an @connections API on this machine."""

from collections.abc import Iterator

import pytest

from pipeline_health.adapters import sockets as adapter
from pipeline_health.adapters.sockets import ApiGatewaySockets
from pipeline_health.domain.subscription import Delivery
from tests.live import ConnectionsApi, connections_api


@pytest.fixture
def api() -> Iterator[ConnectionsApi]:
    with connections_api() as api:
        yield api


@pytest.fixture
def sockets(api: ConnectionsApi, monkeypatch: pytest.MonkeyPatch) -> ApiGatewaySockets:
    monkeypatch.setattr(adapter, "ANSWER_SECONDS", 0.2)
    return ApiGatewaySockets.at(api.endpoint)


def test_it_sends_a_message_to_a_connection(api: ConnectionsApi, sockets: ApiGatewaySockets) -> None:
    assert sockets.send("abc=", "{ü}".encode()) is Delivery.SENT
    assert api.received == [("abc%3D", "{ü}".encode())]


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (410, Delivery.GONE),
        (403, Delivery.FAILED),
        (413, Delivery.FAILED),
        (429, Delivery.FAILED),
        (500, Delivery.FAILED),
        (0, Delivery.FAILED),  # no answer at all
    ],
)
def test_it_tries_once_and_says_what_became_of_it(
    api: ConnectionsApi, sockets: ApiGatewaySockets, status: int, delivery: Delivery
) -> None:
    api.statuses["abc"] = status
    assert sockets.send("abc", b"{}") is delivery
    assert api.messages_to("abc") == [b"{}"]


def test_it_says_so_when_nothing_listens() -> None:
    with connections_api() as closed:
        endpoint = closed.endpoint
    assert ApiGatewaySockets.at(endpoint).send("abc", b"{}") is Delivery.FAILED
    assert ApiGatewaySockets.at(endpoint).end("abc") is Delivery.FAILED


@pytest.mark.parametrize(
    ("status", "became"), [(204, Delivery.ENDED), (410, Delivery.GONE), (403, Delivery.FAILED)]
)
def test_it_ends_a_connection_and_says_what_became_of_it(
    api: ConnectionsApi, sockets: ApiGatewaySockets, status: int, became: Delivery
) -> None:
    api.statuses["abc"] = status
    assert sockets.end("abc") is became
    assert api.ended == (["abc"] if became is Delivery.ENDED else [])
