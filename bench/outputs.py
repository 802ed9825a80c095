"""What other tools read, of a pipeline of 1,000 builds and of one of 100,000: `python -m bench.outputs`.

Both are made by the domain's own counting and put into the table, of a repository without builds.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from secrets import token_hex
from typing import Final

from bench.client import Figure, percentile, run
from bench.summary import DEFAULTS, PIPELINES, SIZES, Ask, build, embedded, in_turn, write
from local.demo.sending import Stack
from pipeline_health.adapters.counted_items import card_item
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.adapters.transaction import buckets
from pipeline_health.domain.aggregates import Counted, Moves, Scope, add_run
from pipeline_health.domain.pipeline import Card
from pipeline_health.domain.totals import Totals

BADGES: Final = ("metric=status", "metric=success_rate&window=90d", "metric=duration&window=7d")
WHOLE: Final = ("/cctray.xml", "/changes.atom", "/metrics/openmetrics")


def life(repo: str, count: int, now: int) -> tuple[str, list[Item]]:
    """The id of a pipeline of so many builds, its card and its aggregates."""
    chance = random.Random(count)
    counted: Moves = {}
    builds = (build(chance, number * PIPELINES, repo, now) for number in range(count))
    for one in builds:
        moves: Moves = {}
        add_run(moves, one.pipeline_id, {1: Counted.of(one, 1, DEFAULTS)})
        place = Scope(pipeline_id=one.pipeline_id), (one.completed_at or 0) // 3_600_000
        counted.setdefault(place, Counter()).update(moves[place])
    card = Card(one.pipeline_id).with_build(one).headed_by([one])
    items = [to_item({"pk": pk, "sk": sk, **counters}) for (pk, sk), counters in buckets(counted).items()]
    totals = Totals().moved(counted, one.pipeline_id)
    return one.pipeline_id, [card_item(replace(card, totals=totals)), *items]


def measure(stack: Stack) -> Iterator[Figure]:
    client, now = reading_client(), time.time_ns() // 1_000_000
    (table,) = (name for name in client.list_tables()["TableNames"] if "MetricsTable" in name)
    ids: dict[int, str] = {}
    for size in SIZES:
        ids[size], items = life(f"bench-{size}-{token_hex(4)}", size, now)
        write(client, table, items)
    for asked in BADGES:
        yield from _badges(stack, ids, asked)
    for path in WHOLE:
        took = in_turn({0: _get(stack, path)}, time.perf_counter)[0]
        yield Figure(f"GET {path}, p50", percentile(took, 0.5), "ms")


def _badges(stack: Stack, ids: Mapping[int, str], asked: str) -> Iterator[Figure]:
    asks = {size: _get(stack, f"/badge/github/any/{id_}.svg?{asked}") for size, id_ in ids.items()}
    p50 = {size: percentile(took, 0.5) for size, took in in_turn(asks, time.perf_counter).items()}
    few, many = SIZES
    yield Figure(f"badge {asked}: p50 of {many:,}", p50[many], "ms")
    yield Figure(f"badge {asked}: by that of {few:,}", p50[many] / p50[few], "", 1.2)


def _get(stack: Stack, path: str) -> Ask:
    def ask() -> None:
        status, _ = stack.get(path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")

    return ask


def main() -> None:
    embedded()
    run(measure, "What other tools read, at 1,000 and at 100,000 builds of a pipeline.")


if __name__ == "__main__":
    main()
