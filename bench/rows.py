"""GET /metrics/pipelines of 1,000 pipelines, in requests, units and CPU: `python -m bench.rows`.

Asked of bench.table: moto would take minutes. Ten pipelines with ten builds a day are really counted, and
each stands for a hundred.
"""

import json
import random
import time
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from bench.capacity import Spent
from bench.client import Figure, show
from bench.product import DEFAULTS, START
from bench.table import Tables
from pipeline_health.adapters.counted_items import card_item
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.keys import place_of_pipelines
from pipeline_health.adapters.metrics_reading import MetricsReading
from pipeline_health.adapters.transaction import buckets
from pipeline_health.api.questions import PipelineMetricsQuestion
from pipeline_health.domain.aggregates import Counted, Moves, Scope, add_run
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.flaky import LOOK_BACK
from pipeline_health.domain.pipeline import Branch, Card
from pipeline_health.domain.times import DAY, SECOND
from pipeline_health.domain.view import View
from pipeline_health.domain.window import Cover, Kind, Window
from pipeline_health.flows.pipeline_numbers import PipelineNumbers
from pipeline_health.flows.rows import Rows

PIPELINES: Final = 1_000
COUNTED: Final = 10
DAILY: Final = 10  # builds of a pipeline
DAYS: Final = 180  # 90 and the 90 before
WINDOWS: Final = ("24h", "7d", "30d", "90d")
NOW: Final = START + DAY  # at noon, when a window cuts most hours out of its days
REQUESTS: Final = 50
BODY: Final = 3_000_000  # bytes, half of what a function may answer with


@cache
def tables() -> Tables:
    """Of aggregates those that some window reads."""
    asked = [Window.parse(window, NOW) for window in WINDOWS]
    read = Cover.of([each for one in asked for each in (one, one.with_nothing_after, one.before)])
    days = {*read.days, *range((NOW - LOOK_BACK) // DAY, NOW // DAY + 1)}
    numbers: Mapping[Kind, Iterable[int]] = {"hours": read.hours, "days": days, "weeks": read.each_week}
    places = {place_of_pipelines(kind, number) for kind, some in numbers.items() for number in some}
    items = [item for number in range(COUNTED) for item in _counted(f"github.1.{number}", places)]
    return Tables(
        ("MetricsTable", _copy(item, copy)) for copy in range(PIPELINES // COUNTED) for item in items
    )


def _counted(pipeline_id: str, places: Container[tuple[str, str]]) -> Iterator[Item]:
    """A pipeline's card and aggregates."""
    chance, moves = random.Random(pipeline_id), Moves()
    builds = [_build(chance, pipeline_id, number) for number in range(DAYS * DAILY)]
    for one in builds:
        add_run(moves, pipeline_id, {1: Counted.of(one, 1, DEFAULTS)})
    yield _card(sorted(builds, key=lambda one: one.at))
    own = {place: counters for place, counters in moves.items() if place[0] == Scope(pipeline_id=pipeline_id)}
    for (pk, sk), counters in buckets(own).items():
        if (pk, sk.partition("#")[0]) in places:
            yield to_item({"pk": pk, "sk": sk, **counters})


def _build(chance: random.Random, pipeline_id: str, number: int) -> Build:
    """Every pipeline has its own usual duration."""
    took = int(chance.lognormvariate(4.5 + int(pipeline_id[-1]) / 5, 0.3) * SECOND)
    ended = NOW - chance.randrange(DAYS * DAY)
    return Build(
        provider="github",
        pipeline_id=pipeline_id,
        run=str(15_720_345_678 + number),
        repo="acme/checkout",
        pipeline=f"Build {pipeline_id}",
        branch=chance.choice(["main", "main", "feature"]),
        commit=f"{chance.randrange(DAYS * DAILY):040x}",
        status=chance.choices([Status.SUCCESS, Status.FAILURE, Status.CANCELLED], [80, 15, 5])[0],
        started_at=ended - took,
        completed_at=ended,
        duration_ms=took,
    )


def _card(builds: list[Build]) -> Item:
    card, branch = Card(builds[0].pipeline_id), Branch("main")
    for one in builds:
        card, branch = card.with_build(one), branch.with_newest(one)
    return card_item(card.headed_by(builds).with_branches({"main": branch}, ["main"]))


def _copy(item: Item, copy: int) -> Item:
    sk = item["sk"]["S"].replace("github.1.", f"github.{copy}.")
    return {**item, "sk": {"S": sk}}


@dataclass(frozen=True)
class Asked:
    spent: Spent
    aggregates: int  # all that was read but the cards
    answer: View


def rows() -> Rows:
    """Of a process that has just started."""
    metrics = MetricsReading(cast("Any", tables()), "MetricsTable", DEFAULTS)
    return Rows(metrics, PipelineNumbers(metrics, 3))


def ask(window: str, flow: Rows | None = None, **said: Any) -> Asked:
    at, flow = tables(), flow or rows()
    with at.measuring() as spent:
        answer = flow.page(PipelineMetricsQuestion(window=window, **said), NOW)
    return Asked(spent, spent.brought - PIPELINES, answer)


def measure() -> Iterator[Figure]:
    for window in WINDOWS:
        asked = ask(window, limit=PIPELINES)
        flow = rows()
        first, again = (_took(window, flow) for _ in range(2))
        about = f"GET /metrics/pipelines?window={window}, {PIPELINES:,} rows"
        yield Figure(f"{about}: requests", asked.spent.sent, "", REQUESTS)
        yield Figure(f"{about}: read units", asked.spent.reads, "")
        yield Figure(f"{about}: aggregates", asked.aggregates, "")
        yield Figure(f"{about}: bytes of the answer", len(json.dumps(asked.answer)), "", BODY)
        yield Figure(f"{about}: CPU without botocore's", first, "ms")
        yield Figure(f"{about}: ... asked again", again, "ms")


def _took(window: str, flow: Rows) -> float:
    """Milliseconds."""
    began = time.process_time()
    ask(window, flow, limit=PIPELINES)
    return 1000 * (time.process_time() - began)


if __name__ == "__main__":
    show(measure())
