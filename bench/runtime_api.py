"""Lambda's runtime API, played to one new process: how long a function takes to start.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import os
import subprocess
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

PATIENCE_SECONDS: Final = 60


class _Next(HTTPServer):
    """Notes when the runtime first asks for an event: then it has started."""

    asked_at: float | None = None
    problem: str = ""


class _Api(BaseHTTPRequestHandler):
    server: _Next

    def do_GET(self) -> None:
        self.server.asked_at = time.perf_counter()
        self.close_connection = True

    def do_POST(self) -> None:
        self.server.problem = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it)
        """Silent."""


def started_ms(python: Path, handler: str, path: list[Path], environment: Mapping[str, str]) -> float:
    """From starting the process until it asks for its first event. SystemExit where it never does."""
    with _Next(("127.0.0.1", 0), _Api) as api:
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
            api.handle_request()
        finally:
            process.kill()
            process.wait()
    if api.asked_at is None:
        raise SystemExit(f"{handler} does not start: {api.problem or 'no answer'}")
    return 1000 * (api.asked_at - began)


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
