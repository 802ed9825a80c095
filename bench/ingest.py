"""CPU time of one 10 KB GitHub webhook, botocore included: `python -m bench.ingest`.

DynamoDB is a stub behind a real socket, in a process of its own so that its time is not counted as ours.
"""

import hmac
import io
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from typing import Any, Final

from bench.client import Figure, show
from pipeline_health.adapters.builds import DynamoBuilds, writing_client
from pipeline_health.domain.build import Sighting
from pipeline_health.providers import github
from pipeline_health.providers.delivery import Delivery

ROUNDS: Final = 500
A_ROUND: Final = 4  # webhooks; short enough that now and then nobody else has the core
_UNITS_AND_GOALS: Final[dict[str, tuple[str, float | None]]] = {
    "its body": ("bytes", None),
    "all of it": ("ms", 1.5),
    "DynamoDB requests": ("", 1),
}
SECRET: Final = b"bench"
NOW: Final = 1_795_435_200_000


class _Stub(BaseHTTPRequestHandler):
    """Answers every UpdateItem with what a first write answers: there is nothing old."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        answer = b"{}"
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it)
        """Silent."""


def _serve(told: Connection) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Stub)
    told.send(server.server_port)
    server.serve_forever()


def webhook(size: int = 10 * 1024) -> bytes:
    """A completed run, filled up to the size with the kind of fields that nobody reads."""
    run = {
        "id": 30433642,
        "workflow_id": 159038,
        "run_attempt": 1,
        "run_number": 562,
        "name": "Build",
        "path": ".github/workflows/build.yml",
        "status": "completed",
        "conclusion": "success",
        "event": "push",
        "head_branch": "main",
        "head_sha": "acb5820ced9479c074f688cc328bf03f341a511d",
        "display_title": "Create the linter workflow",
        "actor": {"login": "octocat", "id": 1},
        "created_at": "2026-11-20T12:00:00Z",
        "run_started_at": "2026-11-20T12:00:00Z",
        "updated_at": "2026-11-20T12:05:17Z",
        "html_url": "https://github.com/acme/app/actions/runs/30433642",
        "head_repository": {"id": 217723378, "full_name": "acme/app"},
    }
    repository = {"id": 217723378, "full_name": "acme/app", "default_branch": "main"}
    links = range((size - 1_000) // 70)
    urls = {f"link_{n}_url": f"https://api.github.com/repos/acme/app/link-{n}{{/sha}}" for n in links}
    body = {"action": "completed", "workflow_run": run, "repository": {**repository, **urls}}
    return json.dumps(body).encode()


def _cpu_ms(works: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The best of many rounds, as timeit advises: what others do on the machine only ever adds to it."""
    rounds = [{name: _round_ms(work) for name, work in works.items()} for _ in range(ROUNDS)]
    return {name: min(each[name] for each in rounds) for name in works}


def _round_ms(work: Callable[[], object]) -> float:
    before = time.process_time()
    for _ in range(A_ROUND):
        work()
    return (time.process_time() - before) / A_ROUND * 1000


def _event(delivery: Delivery) -> dict[str, Any]:
    return {
        "requestContext": {"http": {"method": "POST"}},
        "headers": delivery.headers,
        "pathParameters": {"provider": "github"},
        "body": delivery.body.decode(),
    }


def _delivery(body: bytes) -> Delivery:
    signature = "sha256=" + hmac.digest(SECRET, body, "sha256").hex()
    headers = {"x-github-event": "workflow_run", "x-hub-signature-256": signature}
    return Delivery(body=body, received_at=NOW, headers=headers)


def _requests_of(work: Callable[[], object], rounds: int = 100) -> float:
    seen: list[object] = []
    events = writing_client().meta.events
    events.register("before-send.dynamodb", lambda **sent: seen.append(sent["request"].url))
    for _ in range(rounds):
        work()
    return len(seen) / rounds


def _measured() -> dict[str, float]:
    from functions.ingest import app  # noqa: PLC0415  (it reads its environment)

    delivery = _delivery(webhook())
    sighting = github.parse(delivery)
    assert isinstance(sighting, Sighting)
    builds = DynamoBuilds(writing_client(), "builds", 400)
    event = _event(delivery)

    def handled() -> None:
        assert app.handler(event, None)["statusCode"] == 201

    took = _cpu_ms(
        {
            "verify": lambda: github.verify(delivery, [SECRET]),
            "parse": lambda: github.parse(delivery),
            "serialise": lambda: builds.request(sighting, NOW),
            "store": lambda: builds.record(sighting, NOW),
            "all of it": handled,
        }
    )
    whole, store = took.pop("all of it"), took.pop("store")
    took["botocore: sign, send, read"] = store - took["serialise"]
    took["reply, log line, metric"] = whole - took["parse"] - store  # it verifies nothing where AUTH is off
    figures = {"its body": len(delivery.body), **took, "all of it": whole}
    return {**figures, "DynamoDB requests": _requests_of(handled)}


def _figures(measured: dict[str, float]) -> Iterator[Figure]:
    for name, value in measured.items():
        unit, goal = _UNITS_AND_GOALS.get(name, ("ms", None))
        yield Figure(f"GitHub webhook, CPU in process: {name}", value, unit, goal)


def main() -> None:
    ours, theirs = Pipe()
    stub = Process(target=_serve, args=(theirs,), daemon=True)
    stub.start()
    os.environ |= {
        "AUTH": "off",  # verify is measured by itself; the secret would be asked of AWS
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ours.recv()}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "BUILDS_TABLE": "builds",
        "POWERTOOLS_SERVICE_NAME": "ingest",
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
    }
    with redirect_stdout(io.StringIO()):  # the log lines, which are counted and not shown
        measured = _measured()
    stub.kill()
    show(_figures(measured))


if __name__ == "__main__":
    main()
