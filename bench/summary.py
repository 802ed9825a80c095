"""GET /metrics/summary at 1,000 and at 100,000 builds of half a year: `python -m bench.summary`.

The aggregates are made by the domain's own counting. DynamoDB is a stub behind a real socket, in a process of
its own, with items that were put into words beforehand: what grows with the builds is ours to answer for.
"""

import io
import json
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from typing import Any, Final

from bench.client import Figure, show
from pipeline_health.adapters.counted_items import card_item
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.transaction import buckets
from pipeline_health.domain.aggregates import EVERYTHING, Counted, Moves, add_run
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.pipeline import Card
from pipeline_health.domain.times import DAY, SECOND

FEW: Final = 1_000
MANY: Final = 100_000
PIPELINES: Final = 40
ROUNDS: Final = 100
NOW: Final = 1_795_435_200_000 + 1_234_567
ENDED: Final = (Status.SUCCESS, Status.FAILURE, Status.CANCELLED)
DEFAULTS: Final = frozenset({"main"})

Table = dict[str, dict[str, str]]  # items as JSON, by partition and sort key


def build(chance: random.Random, number: int) -> Build:
    """Of one pipeline among many, each with its own usual duration."""
    pipeline = number % PIPELINES
    took = int(chance.lognormvariate(4.5 + pipeline / 20, 0.3) * SECOND)
    ended = NOW - chance.randrange(180 * DAY)
    return Build(
        provider="github",
        pipeline_id=f"github.1.{pipeline}",
        run=str(number),
        repo=f"acme/repo-{pipeline // 4}",
        pipeline=f"CI {pipeline}",
        branch=chance.choice(["main", "main", "feature/x"]),
        status=chance.choices(ENDED, [80, 15, 5])[0],
        started_at=ended - took,
        completed_at=ended,
        duration_ms=took,
    )


def table(count: int) -> Table:
    """The metrics table, as far as a summary of everything reads it."""
    chance = random.Random(count)
    counted: Moves = {}
    cards: dict[str, Card] = {}
    for number in range(count):
        one = build(chance, number)
        moves: Moves = {}
        add_run(moves, one.pipeline_id, {1: Counted.of(one, 1, DEFAULTS)})
        for (scope, hour), counters in moves.items():
            if scope == EVERYTHING:
                counted.setdefault((scope, hour), Counter()).update(counters)
        cards[one.pipeline_id] = cards.get(one.pipeline_id, Card(one.pipeline_id)).with_build(one)
    items = [card_item(card) for _, card in sorted(cards.items())]
    items += [to_item({"pk": pk, "sk": sk, **counters}) for (pk, sk), counters in buckets(counted).items()]
    stored: Table = {}
    for item in items:
        stored.setdefault(item["pk"]["S"], {})[item["sk"]["S"]] = json.dumps(item)
    return {pk: dict(sorted(partition.items())) for pk, partition in stored.items()}


class _Stub(BaseHTTPRequestHandler):
    """As much of DynamoDB as a summary asks."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    table: Table

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        batch = self.headers["x-amz-target"].endswith("BatchGetItem")
        answer = (self._batch(asked) if batch else self._query(asked)).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _query(self, asked: Mapping[str, Any]) -> str:
        values = {name: value["S"] for name, value in asked["ExpressionAttributeValues"].items()}
        first, last = values.get(":first", ""), values.get(":last", "~")
        found = [text for sk, text in self.table.get(values[":pk"], {}).items() if first <= sk <= last]
        return f'{{"Items": [{", ".join(found)}], "Count": {len(found)}, "ScannedCount": {len(found)}}}'

    def _batch(self, asked: Mapping[str, Any]) -> str:
        keys = [(key["pk"]["S"], key["sk"]["S"]) for key in asked["RequestItems"]["metrics"]["Keys"]]
        found = [self.table[pk][sk] for pk, sk in keys if sk in self.table.get(pk, {})]
        return f'{{"Responses": {{"metrics": [{", ".join(found)}]}}, "UnprocessedKeys": {{}}}}'

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it)
        """Silent."""


def _serve(told: Connection, count: int) -> None:
    _Stub.table = table(count)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Stub)
    told.send(server.server_port)
    server.serve_forever()


def _event(window: str) -> dict[str, Any]:
    http = {"method": "GET", "path": "/metrics/summary", "sourceIp": "192.0.2.1"}
    return {
        "version": "2.0",
        "routeKey": "GET /metrics/summary",
        "rawPath": "/metrics/summary",
        "rawQueryString": f"window={window}",
        "headers": {"host": "localhost"},
        "requestContext": {"http": http},
    }


def _measured(window: str) -> dict[str, float]:
    from functions.metrics import api  # noqa: PLC0415  (it reads its environment)
    from pipeline_health.adapters.reading_client import reading_client  # noqa: PLC0415

    api.now = lambda: NOW
    event = _event(window)
    context: Any = None
    took, cpu = [], []
    for _ in range(ROUNDS):
        wall, processor = time.perf_counter(), time.process_time()
        answer = api.handler(event, context)
        took.append(time.perf_counter() - wall)
        cpu.append(time.process_time() - processor)
    assert answer["statusCode"] == 200, answer
    counts = Counter[str]()
    reading_client().meta.events.register("after-call.dynamodb", lambda **said: _count(counts, **said))
    api.handler(event, context)
    return {
        "p50": 1000 * statistics.median(took),
        "CPU": 1000 * min(cpu),
        "requests": counts["requests"],
        "aggregates": counts["aggregates"],
        "builds": sum(json.loads(answer["body"])["builds"].values()),
    }


def _count(counts: Counter[str], parsed: Any, **_: Any) -> None:
    items = parsed.get("Items") or parsed.get("Responses", {}).get("metrics", [])
    cards = bool(items) and items[0]["pk"]["S"] == "cards"
    counts["cards" if cards else "requests"] += 1
    counts["aggregates"] += 0 if cards else len(items)


def _in_a_process_of_its_own(told: Connection, windows: list[str], port: int) -> None:
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "BUILDS_TABLE": "builds",
        "METRICS_TABLE": "metrics",
        "WEBSOCKET_URL": "ws://localhost/ws",
        "POWERTOOLS_SERVICE_NAME": "api",
    }
    with redirect_stdout(io.StringIO()):  # the log lines
        told.send({window: _measured(window) for window in windows})


def _run(target: Any, *args: Any) -> tuple[Process, Any]:
    ours, theirs = Pipe()
    process = Process(target=target, args=(theirs, *args), daemon=True)
    process.start()
    return process, ours.recv()


def _figures(windows: list[str]) -> Iterator[Figure]:
    measured = {}
    for count in (FEW, MANY):
        stub, port = _run(_serve, count)
        _, measured[count] = _run(_in_a_process_of_its_own, windows, port)
        stub.kill()
    for window in windows:
        few, many = measured[FEW][window], measured[MANY][window]
        about = f"summary, window={window}"
        for count, figures in ((FEW, few), (MANY, many)):
            yield Figure(f"{about}, {count:,} builds: p50", figures["p50"], "ms")
            yield Figure(f"{about}, {count:,} builds: CPU", figures["CPU"], "ms")
        yield Figure(f"{about}: p50 at 100,000 / p50 at 1,000", many["p50"] / few["p50"], "", 1.2)
        yield Figure(f"{about}: DynamoDB requests beside the cards", many["requests"], "", 4)
        yield Figure(f"{about}: aggregates read", many["aggregates"], "", 250)


def main() -> None:
    show(_figures(["7d", "90d"]))


if __name__ == "__main__":
    main()
