"""The demo over HTTP: connections stay open, and a stack that does not answer is said in words."""

import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bench.client import percentile
from local.demo.__main__ import _post
from local.demo.deliveries import Delivery
from local.demo.sending import NotAcceptedError, Stack, side_by_side

WEBHOOK = Delivery(0, "/ingest/github", {"content-type": "application/json"}, b"{}")


class Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 201
        self.hang_up = False
        self.connections: set[Any] = set()
        self.bodies: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self) -> None:
        self.server.connections.add(self.client_address)
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()
        self.close_connection = self.server.hang_up

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name in the standard library)
        """Silent."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def stack(listener: Listener) -> Iterator[Stack]:
    with closing(Stack("127.0.0.1", listener.server_port)) as stack:
        yield stack


def test_it_keeps_one_connection_open_a_thread(listener: Listener, stack: Stack) -> None:
    side_by_side(lambda body: stack.post("/ingest/github", {}, body), [b"x"] * 40, threads=4)
    assert len(listener.bodies) == 40
    assert len(listener.connections) <= 4


def test_it_goes_on_where_an_open_connection_was_closed_meanwhile(listener: Listener, stack: Stack) -> None:
    listener.hang_up = True
    assert [stack.post("/ingest/github", {}, b"x")[0] for _ in range(3)] == [201] * 3


@pytest.mark.parametrize(("status", "word"), [(401, "WEBHOOK_SECRET"), (503, "503"), (422, "422")])
def test_it_stops_and_says_why_when_a_webhook_is_not_taken(
    listener: Listener, stack: Stack, status: int, word: str
) -> None:
    listener.status = status
    with pytest.raises(NotAcceptedError, match=word):
        _post(stack, WEBHOOK)


def test_it_says_how_to_start_a_stack_when_nothing_listens() -> None:
    nowhere = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    nowhere.server_close()
    with pytest.raises(NotAcceptedError, match="make run"):
        _post(Stack("127.0.0.1", nowhere.server_port), WEBHOOK)


def test_it_begins_nothing_more_after_the_first_error() -> None:
    begun: list[int] = []

    def fail(item: int) -> None:
        begun.append(item)
        raise NotAcceptedError

    with pytest.raises(NotAcceptedError):
        side_by_side(fail, range(1000), threads=1)
    assert len(begun) < 1000


def test_a_percentile_is_the_nearest_rank() -> None:
    hundred = [float(number) for number in range(100, 0, -1)]
    assert [percentile(hundred, share) for share in (0.5, 0.95, 1)] == [50, 95, 100]
    assert percentile([7.0], 0.95) == 7
