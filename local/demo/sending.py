"""Webhooks to a running stack over connections that stay open, from several threads."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Final, TypeVar

ANSWER_SECONDS: Final = 60
T = TypeVar("T")


class NotAcceptedError(Exception):
    """The stack cannot be reached or does not take a webhook; the message says what to do about it."""


class Stack:
    """A running stack. Each thread has a connection of its own, open until `close`."""

    def __init__(self, host: str, port: int) -> None:
        self.url = f"http://{host}:{port}"
        self._address = (host, port)
        self.read_token = ""
        self._mine = threading.local()
        self._opened: list[HTTPConnection] = []

    def close(self) -> None:
        for connection in self._opened:
            connection.close()

    def post(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        return self.request("POST", path, headers, body)

    def get(self, path: str) -> tuple[int, bytes]:
        shown = {"authorization": f"Bearer {self.read_token}"} if self.read_token else {}
        return self.request("GET", path, shown, None)

    def request(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        try:
            answer = self._answer(method, path, headers, body)
        except ConnectionRefusedError:
            raise NotAcceptedError(
                f"Nothing listens at {self.url}. Start the stack with `make run` and wait for READY; "
                "when it has another port, give the same PORT= here."
            ) from None
        except (OSError, HTTPException) as error:
            raise NotAcceptedError(f"The stack at {self.url} stopped answering ({error!r}).") from error
        return answer.status, answer.read()

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> HTTPResponse:
        """Once more on a new connection where an open one was closed meanwhile: webhooks may repeat."""
        opened = getattr(self._mine, "connection", None)
        if opened is not None:
            try:
                return _ask(opened, method, path, headers, body)
            except (ConnectionError, HTTPException):
                opened.close()
        self._mine.connection = HTTPConnection(*self._address, timeout=ANSWER_SECONDS)
        self._opened.append(self._mine.connection)
        return _ask(self._mine.connection, method, path, headers, body)


def _ask(
    connection: HTTPConnection, method: str, path: str, headers: dict[str, str], body: bytes | None
) -> HTTPResponse:
    connection.request(method, path, body=body, headers=headers)
    return connection.getresponse()


def side_by_side(work: Callable[[T], object], items: Iterable[T], threads: int) -> None:
    """In about the order of the items; the first error ends it, what has not begun is left."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            for future in futures:
                future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
