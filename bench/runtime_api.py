"""Lambda's runtime API, played to one new process: how long a function takes to start, and to answer first.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

PATIENCE_SECONDS: Final = 60


_TOLD: Final = {  # with an event
    "Lambda-Runtime-Aws-Request-Id": "1",
    "Lambda-Runtime-Deadline-Ms": "1900000000000",
    "Lambda-Runtime-Invoked-Function-Arn": "measured",
    "Content-Type": "application/json",
}


class _Next(HTTPServer):
    """Notes when the runtime first asks for an event: then it has started; and when it has answered that."""

    event: Mapping[str, Any] | None = None
    asked_at: float | None = None
    answered_at: float | None = None
    answer: str = ""
    problem: str = ""


class _Api(BaseHTTPRequestHandler):
    """A connection a request, so that one after the other can be waited for."""

    protocol_version = "HTTP/1.1"  # the runtime expects to be told to go on before it sends an answer
    server: _Next

    def do_GET(self) -> None:
        self.server.asked_at = time.perf_counter()
        if self.server.event is None:
            self.close_connection = True
            return
        self._answer(200, _TOLD, json.dumps(self.server.event).encode())

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        if self.path.endswith("/response"):
            self.server.answered_at, self.server.answer = time.perf_counter(), said
        else:
            self.server.problem = said
        self._answer(202, {}, b"")

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Connection": "close", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it)
        """Silent."""


def started_ms(python: Path, handler: str, path: list[Path], environment: Mapping[str, str]) -> float:
    """From starting the process until it asks for its first event. SystemExit where it never does."""
    with _Next(("127.0.0.1", 0), _Api) as api:
        began = _played(api, python, handler, path, environment)
    if api.asked_at is None:
        raise SystemExit(f"{handler} does not start: {api.problem or 'no answer'}")
    return 1000 * (api.asked_at - began)


def answered_ms(
    python: Path, handler: str, path: list[Path], environment: Mapping[str, str], event: Mapping[str, Any]
) -> float:
    """From starting the process until it has answered an HTTP API's event with 200. SystemExit otherwise."""
    with _Next(("127.0.0.1", 0), _Api) as api:
        api.event = event
        began = _played(api, python, handler, path, environment)
    if api.answered_at is None or json.loads(api.answer)["statusCode"] != 200:
        raise SystemExit(f"{handler} does not answer: {api.problem or api.answer or 'nothing'}")
    return 1000 * (api.answered_at - began)


def _played(
    api: _Next, python: Path, handler: str, path: list[Path], environment: Mapping[str, str]
) -> float:
    """To a new process, until it has asked and, where it was given an event, answered: when it began."""
    api.timeout = PATIENCE_SECONDS
    began = time.perf_counter()
    process = subprocess.Popen(
        [python, "-m", "awslambdaric", handler],
        env={**_environment(api.server_port, handler, path), **environment},
        cwd=path[0],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(1 if api.event is None else 2):
            api.handle_request()
    finally:
        process.kill()
        process.wait()
    return began


def _environment(port: int, handler: str, path: list[Path]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's file system is read-only
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "_HANDLER": handler,
        "LAMBDA_TASK_ROOT": str(path[0]),
        "AWS_LAMBDA_FUNCTION_NAME": "measured",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "measured",
        "AWS_SECRET_ACCESS_KEY": "measured",
    }
