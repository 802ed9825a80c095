"""GET /metrics/summary over 1,000 and over 100,000 builds, on a running stack: `python -m bench.summary`.

The aggregates are made by the domain's own counting and put into the table as those of two repositories that
have no builds: so they disturb nothing else. Both are asked in turn, so that what others do on the machine
meets both alike.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from secrets import token_hex
from typing import Any, Final
from urllib.parse import urlencode

from botocore import xform_name

from bench.client import Figure, percentile, run
from local.demo.sending import Stack
from local.translate import REGION
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.metrics_reading import MetricsReading
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.adapters.transaction import buckets
from pipeline_health.api.questions import MetricsQuestion
from pipeline_health.domain.aggregates import Counted, Moves, Scope, add_run
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.kept import Kept
from pipeline_health.domain.times import DAY, SECOND
from pipeline_health.flows.metrics import Metrics

SIZES: Final = (1_000, 100_000)
PIPELINES: Final = 40
DAYS: Final = 180  # 90 and the 90 before
ROUNDS: Final = 100
WRITES: Final = 25  # the most that one BatchWriteItem takes
ENDED: Final = (Status.SUCCESS, Status.FAILURE, Status.CANCELLED)
DEFAULTS: Final = frozenset({"main"})

Ask = Callable[[], object]


def build(chance: random.Random, number: int, repo: str, now: int) -> Build:
    """Of one pipeline among many, each with its own usual duration."""
    pipeline = number % PIPELINES
    took = int(chance.lognormvariate(4.5 + pipeline / 20, 0.3) * SECOND)
    ended = now - chance.randrange(DAYS * DAY)
    return Build(
        provider="github",
        pipeline_id=f"github.{repo}.{pipeline}",
        run=str(number),
        repo=repo,
        pipeline=f"CI {pipeline}",
        branch=chance.choice(["main", "main", "feature"]),
        status=chance.choices(ENDED, [80, 15, 5])[0],
        started_at=ended - took,
        completed_at=ended,
        duration_ms=took,
    )


def aggregates(repo: str, count: int, now: int) -> list[Item]:
    """Those of the repository, by hour, day and week."""
    chance = random.Random(count)
    counted: Moves = {}
    for number in range(count):
        one = build(chance, number, repo, now)
        moves: Moves = {}
        add_run(moves, one.pipeline_id, {1: Counted.of(one, 1, DEFAULTS)})
        for (scope, hour), counters in moves.items():
            if scope == Scope(repo=repo):
                counted.setdefault((scope, hour), Counter()).update(counters)
    return [to_item({"pk": pk, "sk": sk, **counters}) for (pk, sk), counters in buckets(counted).items()]


def write(client: Any, table: str, items: list[Item]) -> None:
    for start in range(0, len(items), WRITES):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + WRITES]]
        left = {table: puts}
        while left:
            left = client.batch_write_item(RequestItems=left).get("UnprocessedItems")


def in_turn(
    asks: Mapping[int, Ask], clock: Callable[[], float], rounds: int = ROUNDS
) -> dict[int, list[float]]:
    """How long each took, in ms, every time."""
    took: dict[int, list[float]] = {size: [] for size in asks}
    for _ in range(rounds):
        for size, ask in asks.items():
            began = clock()
            ask()
            took[size].append(1000 * (clock() - began))
    return took


def read(client: Any, ask: Ask) -> Counter[str]:
    """What one summary reads, beside the cards of all pipelines."""
    counts: Counter[str] = Counter()

    def count(parsed: Any, **_: Any) -> None:
        items = parsed.get("Items") or [i for some in parsed.get("Responses", {}).values() for i in some]
        if not (items and items[0]["pk"]["S"] == "cards"):
            counts.update(requests=1, aggregates=len(items))

    client.meta.events.register("after-call.dynamodb", count)
    ask()
    client.meta.events.unregister("after-call.dynamodb", count)
    return counts


def requests_alone(client: Any, ask: Ask) -> Ask:
    """The same requests again, with nothing made of their answers."""
    asked: list[tuple[str, Any]] = []

    def note(params: Any, model: Any, **_: Any) -> None:
        asked.append((xform_name(model.name), dict(params)))

    client.meta.events.register("before-parameter-build.dynamodb", note)
    ask()
    client.meta.events.unregister("before-parameter-build.dynamodb", note)
    return lambda: [getattr(client, operation)(**params) for operation, params in asked]


def measure(stack: Stack) -> Iterator[Figure]:
    client, now = reading_client(), time.time_ns() // 1_000_000
    (table,) = (name for name in client.list_tables()["TableNames"] if "MetricsTable" in name)
    repos = {size: f"bench-{size}-{token_hex(4)}" for size in SIZES}
    for size, repo in repos.items():
        write(client, table, aggregates(repo, size, now))
    metrics = Metrics(MetricsReading(client, table, DEFAULTS), Kept(0))  # each answer is a first one
    for window in ("7d", "90d"):
        yield from _figures(stack, metrics, repos, window, now)


def _figures(
    stack: Stack, metrics: Metrics, repos: Mapping[int, str], window: str, now: int
) -> Iterator[Figure]:
    about = f"summary, window={window}"
    few, many = SIZES
    got = in_turn({size: _get(stack, window, repo) for size, repo in repos.items()}, time.perf_counter)
    p50 = {size: percentile(took, 0.5) for size, took in got.items()}
    for size in SIZES:
        yield Figure(f"{about}: GET, p50 of {size:,} builds", p50[size], "ms")
    yield Figure(f"{about}: p50 of {many:,} by that of {few:,}", p50[many] / p50[few], "", 1.2)
    here = {size: _summary(metrics, window, repo, now) for size, repo in repos.items()}
    cpu = min(in_turn(here, time.process_time)[many])
    yield Figure(f"{about}: CPU in process, {many:,} builds", cpu, "ms", 30)
    alone = requests_alone(reading_client(), here[many])
    sent = min(in_turn({many: alone}, time.process_time)[many])
    yield Figure(f"{about}: ... of which its requests", sent, "ms")
    counts = read(reading_client(), here[many])
    yield Figure(f"{about}: DynamoDB requests beside the cards", counts["requests"], "", 4)
    yield Figure(f"{about}: aggregates read", counts["aggregates"], "", 250)


def _get(stack: Stack, window: str, repo: str) -> Ask:
    path = f"/metrics/summary?{urlencode({'window': window, 'repo': repo})}"
    return lambda: stack.get(path)


def _summary(metrics: Metrics, window: str, repo: str, now: int) -> Ask:
    return lambda: metrics.summary(MetricsQuestion(window=window, repo=repo), now)


def embedded() -> None:
    """The running stack's AWS is what clients find."""
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ.get('AWS_PORT') or 4566}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }


def main() -> None:
    embedded()
    run(measure, "GET /metrics/summary at 1,000 and at 100,000 builds.")


if __name__ == "__main__":
    main()
