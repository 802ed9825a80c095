"""GET /metrics/pipelines of 1,000 pipelines, in requests, units and CPU: `python -m bench.rows`.

The table is one in this process whose answers end at 1 MB as DynamoDB's do; moto would take minutes for it.
Ten pipelines with ten builds a day are really counted, and each stands for a hundred.
"""

import json
import random
import time
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, cast

from bench.capacity import READ, Spent
from bench.client import Figure, show
from bench.item_size import size
from bench.product import DEFAULTS, START
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
from pipeline_health.flows.rows import Rows

PIPELINES: Final = 1_000
COUNTED: Final = 10
DAILY: Final = 10  # builds of a pipeline
DAYS: Final = 180  # 90 and the 90 before
WINDOWS: Final = ("24h", "7d", "30d", "90d")
NOW: Final = START + DAY  # at noon, when a window cuts most hours out of its days
REQUESTS: Final = 50
ANSWER: Final = 1024 * 1024  # bytes
BODY: Final = 3_000_000  # bytes, half of what a function may answer with


class Table:
    """Of a client as much as reading rows takes."""

    def __init__(self, items: Iterable[Item]) -> None:
        ordered = sorted(((item["pk"]["S"], item["sk"]["S"], item) for item in items), key=itemgetter(0, 1))
        self._by_key = {(pk, sk): item for pk, sk, item in ordered}
        self._partitions = {pk: [sk for _, sk, _ in some] for pk, some in groupby(ordered, itemgetter(0))}
        self._pages: dict[tuple[str, str, str], tuple[str, int]] = {}
        self.spent, self.aggregates = Spent(), 0

    def query(self, **ask: Any) -> Any:
        values = {name: value["S"] for name, value in ask["ExpressionAttributeValues"].items()}
        first = ask.get("ExclusiveStartKey", {"sk": {"S": ""}})["sk"]["S"]
        first = first + "\0" if first else values.get(":first", "")
        place = values[":pk"], first, values.get(":last", "~")
        if place not in self._pages:
            page = self._page(*place)
            self._pages[place] = json.dumps(page), sum(map(size, page["Items"]))
        body, length = self._pages[place]
        answer = json.loads(body)
        self._count("Query", length, answer["Items"])
        return answer

    def _page(self, pk: str, first: str, last: str) -> View:
        names, page, length = self._partitions.get(pk, []), list[Item](), 0
        for sk in names[bisect_left(names, first) : bisect_right(names, last)]:
            page.append(self._by_key[pk, sk])
            length += size(page[-1])
            if length >= ANSWER:
                return {"Items": page, "LastEvaluatedKey": to_item({"pk": pk, "sk": sk})}
        return {"Items": page}

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803  # as the client calls it
        ((table, asked),) = RequestItems.items()
        found = [self._by_key.get((key["pk"]["S"], key["sk"]["S"])) for key in asked["Keys"]]
        there = [dict(item) for item in found if item]  # whoever reads may take an answer apart
        self._count("BatchGetItem", len(found) * READ, there)
        return {"Responses": {table: there}}

    def _count(self, operation: str, read: int, items: list[Item]) -> None:
        self.spent.requests[operation] += 1
        self.spent.reads += -(-max(1, read) // READ) / 2
        self.aggregates += sum(item["pk"]["S"] != "cards" for item in items)


@cache
def table() -> Table:
    """Of aggregates those that some window reads."""
    asked = [Window.parse(window, NOW) for window in WINDOWS]
    read = Cover.of([each for window in asked for each in (window, window.before)])
    days = {*read.days, *range((NOW - LOOK_BACK) // DAY, NOW // DAY + 1)}
    numbers: Mapping[Kind, Iterable[int]] = {"hours": read.hours, "days": days, "weeks": read.each_week}
    places = {place_of_pipelines(kind, number) for kind, some in numbers.items() for number in some}
    items = [item for number in range(COUNTED) for item in _counted(f"github.1.{number}", places)]
    return Table(_copy(item, copy) for copy in range(PIPELINES // COUNTED) for item in items)


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
    aggregates: int
    answer: View


def ask(window: str, **said: Any) -> Asked:
    at = table()
    at.spent, at.aggregates = Spent(), 0
    flow = Rows(MetricsReading(cast("Any", at), "MetricsTable", DEFAULTS), 3)
    answer = flow.page(PipelineMetricsQuestion(window=window, **said), NOW)
    return Asked(at.spent, at.aggregates, answer)


def measure() -> Iterator[Figure]:
    for window in WINDOWS:
        asked = ask(window, limit=PIPELINES)
        began = time.process_time()
        ask(window, limit=PIPELINES)
        took = 1000 * (time.process_time() - began)
        about = f"GET /metrics/pipelines?window={window}, {PIPELINES:,} rows"
        yield Figure(f"{about}: requests", asked.spent.sent, "", REQUESTS)
        yield Figure(f"{about}: read units", asked.spent.reads, "")
        yield Figure(f"{about}: aggregates", asked.aggregates, "")
        yield Figure(f"{about}: bytes of the answer", len(json.dumps(asked.answer)), "", BODY)
        yield Figure(f"{about}: CPU without botocore's", took, "ms")


if __name__ == "__main__":
    show(measure())
