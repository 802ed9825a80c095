"""Cold starts of every function as it is deployed, beside the floor: `make bench-cold`.

The floor is a handler that only builds boto3's client, in the same layer; the empty handler imports nothing.
Every sample is a new process of the Python that Lambda runs, and all functions take turns: what others do on
the machine meets all alike. Of the API also the time to its first summary, from a DynamoDB that holds
nothing: what is only moved from its start to there is no gain.
"""

import argparse
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.client import Figure, show
from bench.runtime_api import answered_ms, started_ms
from local.pack import LAYER
from local.translate import load

SAMPLES: Final = 20
FLOOR: Final = "import boto3\nboto3.client('dynamodb')\n"
HANDLER: Final = "def handler(event, context): return {}\n"
TIMES_THE_FLOOR: Final = {"IngestFunction": 1.25, "ApiFunction": 2.0, "AuthorizerFunction": 2.0}
USUALLY: Final = 1.4
DASHBOARD: Final = 60  # ms above the empty handler

API: Final = {
    "BUILDS_TABLE": "builds",
    "METRICS_TABLE": "metrics",
    "WEBSOCKET_URL": "ws://localhost/ws",
    "POWERTOOLS_SERVICE_NAME": "api",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
}
_HTTP: Final = {"method": "GET", "path": "/metrics/summary", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"}
SUMMARY: Final = {
    "version": "2.0",
    "routeKey": "GET /metrics/summary",
    "rawPath": "/metrics/summary",
    "rawQueryString": "window=7d",
    "headers": {"host": "localhost"},
    "requestContext": {"http": _HTTP, "stage": "$default"},
    "isBase64Encoded": False,
}


@dataclass(frozen=True)
class Function:
    name: str
    handler: str
    path: list[Path]


def functions(build: Path, made: Path) -> Iterator[Function]:
    layer = build / LAYER
    for name, source in (("empty", HANDLER), ("floor", FLOOR + HANDLER)):
        (made / f"{name}_handler.py").write_text(source, encoding="utf-8")
        yield Function(name, f"{name}_handler.handler", [made, layer])
    for name, resource in load()["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties: Any = resource["Properties"]
            yield Function(name, properties["Handler"], [build / name, layer])


def measured(python: Path, some: list[Function]) -> dict[str, float]:
    """Milliseconds, the median of each; the first round warms the disk's cache."""
    runtime = next(python.parent.parent.glob("lib/python3*/site-packages"))
    took: dict[str, list[float]] = {each.name: [] for each in some}
    for _ in range(SAMPLES + 1):
        for each in some:
            took[each.name].append(started_ms(python, each.handler, [*each.path, runtime], {}))
    return {name: statistics.median(samples[1:]) for name, samples in took.items()}


class _Empty(BaseHTTPRequestHandler):
    """DynamoDB without any item."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        answer = b'{"Items": [], "Responses": {}}'
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it)
        """Silent."""


@contextmanager
def _dynamodb() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Empty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def first_summary(python: Path, api: Function) -> float:
    """Milliseconds from the start of the process, the median."""
    runtime = next(python.parent.parent.glob("lib/python3*/site-packages"))
    with _dynamodb() as endpoint:
        environment = {**API, "AWS_ENDPOINT_URL": endpoint}
        path = [*api.path, runtime]
        took = [answered_ms(python, api.handler, path, environment, SUMMARY) for _ in range(SAMPLES + 1)]
    return statistics.median(took[1:])


def figures(took: dict[str, float]) -> Iterator[Figure]:
    yield Figure("cold start: an empty handler", took.pop("empty"), "ms")
    floor = took.pop("floor")
    yield Figure("cold start: the floor, boto3's client alone", floor, "ms")
    for name, milliseconds in took.items():
        yield Figure(f"cold start: {name}", milliseconds, "ms")
        if name != "DashboardFunction":
            goal = TIMES_THE_FLOOR.get(name, USUALLY)
            yield Figure(f"cold start: {name} by the floor", milliseconds / floor, "", goal)


def main() -> None:
    parser = argparse.ArgumentParser(description="Cold starts of what `make build` built.")
    parser.add_argument("build", type=Path)
    parser.add_argument("python", type=Path, help="Python 3.13 of an environment with awslambdaric")
    options = parser.parse_args()
    with TemporaryDirectory() as made:
        some = list(functions(options.build.resolve(), Path(made)))
        python = options.python.absolute()  # each starts in its own folder
        took = measured(python, some)
        (api,) = (each for each in some if each.name == "ApiFunction")
        answered = Figure("cold start: ApiFunction, to its first summary", first_summary(python, api), "ms")
    dashboard = took["DashboardFunction"] - took["empty"]
    above = Figure("cold start: DashboardFunction above the empty handler", dashboard, "ms", DASHBOARD)
    show(iter([*figures(took), answered, above]))


if __name__ == "__main__":
    main()
