"""A web server on this machine that answers as a sender's API does, over connections that stay open."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """Header names are lower-case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Said:
    """`body` that is no bytes goes out as JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def _no_trouble(_: Asked) -> Said | None:
    return None


@dataclass
class Sender:
    """What `trouble` says takes the place of the API's answer. `drips` sends bodies byte by byte, `hangs`
    nothing before the test is over."""

    trouble: Callable[[Asked], Said | None] = _no_trouble
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    drips: bool = False
    hangs: bool = False
    over: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def answer(self, asked: Asked) -> Said:
        raise NotImplementedError

    def hear(self, asked: Asked) -> Said:
        self.asked.append(asked)
        if self.hangs:
            self.over.wait(30)
        return self.trouble(asked) or self.answer(asked)

    def paths(self, method: str = "GET") -> list[str]:
        return [each.path for each in self.asked if each.method == method]


S = TypeVar("S", bound=Sender)


@contextmanager
def serving(sender: S) -> Iterator[S]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(sender)) as server:
        server.daemon_threads = True
        sender.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield sender
        finally:
            sender.over.set()
            server.shutdown()


def _handler(sender: Sender) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            sender.connections += 1

        def do_GET(self) -> None:
            self._hear()

        def do_POST(self) -> None:
            self._hear()

        def _hear(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._say(sender.hear(Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers)))

        def _say(self, said: Said) -> None:
            body = b"" if said.status in (204, 304) else said.encoded
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self._write(body)
            except ConnectionError:
                self.close_connection = True  # who asked has seen enough

        def _write(self, body: bytes) -> None:
            if not sender.drips:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes((byte,)))
                if sender.over.wait(0.02):
                    return

        def log_message(self, *_: Any) -> None:
            """Nothing: what came is in `sender`."""

    return Handler
