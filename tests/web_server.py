"""A web server on this machine that does as a test says, in the place of Slack."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Web:
    """Answers POST with `status` and `headers`; with `hangs`, not before the test is over."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    bodies: list[Any] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/T0/B0/s3cr3t"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.paths.append(request.path)
        self.bodies.append(json.loads(body))
        if self.hangs:
            self.over.wait(30)
            return
        request.send_response(self.status)
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"ok")


@contextmanager
def web_server(web: Web) -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            web.answer(self)

        def do_GET(self) -> None:
            web.paths.append(f"GET {self.path}")
            self.send_error(418)

        def log_message(self, *_: Any) -> None:
            """Nothing: what came is in `web`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        web.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield web
        finally:
            web.over.set()
            server.shutdown()
