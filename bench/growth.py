"""Numbers of 1,000 to a million builds, and news to 1 to 1,000 connections: `python -m bench.growth`.

As bench.summary, on a running stack. A million builds are 100,000 that were really counted: each hour then
holds those of ten hours, so that it has as many different durations as ten times the builds would give it.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from secrets import token_hex
from typing import Final

from bench.client import Figure, percentile, run
from bench.summary import DEFAULTS, Ask, build, embedded, in_turn, write
from local.demo.sending import Stack
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.adapters.transaction import buckets
from pipeline_health.domain.aggregates import Counted, Moves, Scope, add_run
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.events import BuildEvent
from pipeline_health.domain.reader import Reader
from pipeline_health.domain.subscription import ALL, Connection, Delivery
from pipeline_health.flows.broadcast import broadcast

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
COUNTED: Final = 100_000
QUESTIONS: Final = (
    "summary?window=24h",
    "summary?window=7d",
    "summary?window=90d",
    "timeseries?window=7d",
)
GROWN: Final = 1.3  # times the p50 of the smallest; docs/performance.md says why not 1.1
CONNECTIONS: Final = (1, 100, 1_000)
CALL_SECONDS: Final = 0.02
BROADCAST_MS: Final = 2_000


def moves(repo: str, count: int, now: int) -> Moves:
    """What the builds of a repository count by the hour."""
    chance, scope = random.Random(count), Scope(repo=repo)
    counted: Moves = {}
    for number in range(min(count, COUNTED)):
        one, own = build(chance, number, repo, now), Moves()
        add_run(own, one.pipeline_id, {1: Counted.of(one, 1, DEFAULTS)})
        place = scope, (one.completed_at or 0) // 3_600_000
        counted.setdefault(place, Counter()).update(own[place])
    return _denser(counted, count // COUNTED) if count > COUNTED else counted


def _denser(counted: Moves, times: int) -> Moves:
    whole: Moves = {}
    for scope, hour in counted:
        total = whole.setdefault((scope, hour), Counter())
        for other in range(hour, hour + times):
            total.update(counted.get((scope, other), {}))
    return whole


def items(repo: str, count: int, now: int) -> list[Item]:
    found = buckets(moves(repo, count, now))
    return [to_item({"pk": pk, "sk": sk, **counters}) for (pk, sk), counters in found.items()]


def measure(stack: Stack) -> Iterator[Figure]:
    yield from _live()
    client, now = reading_client(), time.time_ns() // 1_000_000
    (table,) = (name for name in client.list_tables()["TableNames"] if "MetricsTable" in name)
    repos = {size: f"bench-{size}-{token_hex(4)}" for size in SIZES}
    for size, repo in repos.items():
        write(client, table, items(repo, size, now))
    for question in QUESTIONS:
        asks = {size: _get(stack, f"/metrics/{question}&repo={repo}") for size, repo in repos.items()}
        yield from _growth(question, in_turn(asks, time.perf_counter))


def _growth(question: str, took: Mapping[int, list[float]]) -> Iterator[Figure]:
    p50 = {size: percentile(some, 0.5) for size, some in took.items()}
    for size, value in p50.items():
        yield Figure(f"{question}: p50 of {size:,} builds", value, "ms")
    yield Figure(f"{question}: a million by a thousand", p50[SIZES[-1]] / p50[SIZES[0]], "", GROWN)


def _get(stack: Stack, path: str) -> Ask:
    def ask() -> None:
        status, _ = stack.get(path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")

    return ask


class _Open:
    """So many connections, each of whose calls takes its time."""

    def __init__(self, count: int, now: int) -> None:
        self._open = [Connection(str(number), now, ALL, Reader("all")) for number in range(count)]

    def all(self) -> Iterator[Connection]:
        return iter(self._open)

    def close(self, connection_id: str) -> None:
        raise AssertionError(connection_id)

    def send(self, connection_id: str, message: bytes) -> Delivery:
        assert connection_id
        assert message
        time.sleep(CALL_SECONDS)
        return Delivery.SENT

    def end(self, connection_id: str) -> Delivery:
        raise AssertionError(connection_id)


def _live() -> Iterator[Figure]:
    now = time.time_ns() // 1_000_000
    one = Build(
        provider="github",
        pipeline_id="github.1.2",
        run="1",
        repo="acme/app",
        pipeline="CI",
        branch="main",
        status=Status.SUCCESS,
        started_at=now,
    )
    news = [BuildEvent(build=one, revision=1)]
    for count in CONNECTIONS:
        at = _Open(count, now)
        began = time.perf_counter()
        told = broadcast(news, now, at, at)
        took = 1000 * (time.perf_counter() - began)
        if told != {Delivery.SENT: count}:
            raise RuntimeError(f"not all were told: {told}")
        yield Figure(f"broadcast to {count:,} connections, 20 ms a call", took, "ms", BROADCAST_MS)


def main() -> None:
    embedded()
    run(measure, "Numbers at 1,000 to a million builds, and news to 1 to 1,000 connections.")


if __name__ == "__main__":
    main()
