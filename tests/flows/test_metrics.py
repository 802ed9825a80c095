"""A summary equals what anyone can compute from the builds alone, in whatever order they were counted."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from pipeline_health.adapters.counted_items import card_item
from pipeline_health.adapters.named_items import named_from
from pipeline_health.api.questions import MetricsQuestion, PipelineMetricsQuestion, TimeseriesQuestion
from pipeline_health.domain.aggregates import Scope, total_of
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.named import Latest, Named, Sort
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.domain.window import Cover, Window
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregates import Aggregates, Share
from pipeline_health.flows.aggregation import Aggregation
from pipeline_health.flows.metrics import Metrics, RowCounts
from pipeline_health.flows.pipeline_numbers import PipelineNumbers
from pipeline_health.flows.rows import Rows
from tests import oracle
from tests.counting import (
    DEFAULTS,
    MemoryAside,
    MemoryBuilds,
    MemoryCounts,
    MemoryTopic,
    concluded,
    records,
    stored_of,
)
from tests.live import NOW, a_build


@dataclass(frozen=True)
class MemoryMetrics:
    """The metrics table as it is read, over what was counted in memory."""

    counted: MemoryCounts

    def pipelines(self) -> Iterator[Named]:
        return (named_from(card_item(card), DEFAULTS) for _, card in sorted(self.counted.cards.items()))

    def aggregates(self, share: Share, cover: Cover) -> Aggregates:
        """Only what the cover names."""
        return Aggregates(
            chosen(self._by(1, share), cover.hours),
            chosen(self._by(24, share), cover.days),
            chosen(self._by(168, share), cover.each_week),
        )

    def rows(
        self, ids: Sequence[str], of: int, windows: Sequence[Window], days: range, *, default_only: bool
    ) -> list[RowCounts]:
        assert of == len(self.counted.cards)
        shares = [Share(Scope(pipeline_id=one), default_only) for one in ids]
        read = [self.aggregates(share, Cover.of(windows)) for share in shares]
        on_days = [[c for c in concluded(self.counted, one) if c.at // DAY in days] for one in ids]
        return [
            RowCounts([Counter(each.total(window)) for window in windows], of_it)
            for each, of_it in zip(read, on_days, strict=True)
        ]

    def buckets(self, share: Share, window: Window, *, hourly: bool) -> Aggregates:
        hours = self._by(1, share)
        return Aggregates(hours=hours) if hourly else Aggregates(hours, self._by(24, share))

    def _by(self, hours: int, share: Share) -> dict[int, Counter[str]]:
        found: dict[int, Counter[str]] = {}
        for (scope, hour), counters in self.counted.totals.items():
            if scope == share.scope:
                counted = total_of([counters], default_only=share.default_only)
                found.setdefault(hour // hours, Counter()).update(counted)
        return found

    def newest_on(self, pipeline_id: str, branch: str) -> Latest | None:
        known = self.counted.branches.get((pipeline_id, branch))
        return Latest(known.newest.status, known.newest.at) if known and known.newest else None


def chosen(counted: Mapping[int, Any], numbers: Iterable[int]) -> dict[int, Any]:
    return {number: counted[number] for number in numbers if number in counted}


def counted(builds: Sequence[Build], batch: int) -> MemoryMetrics:
    counts = MemoryCounts()
    aside, stored = MemoryAside(), MemoryBuilds()
    to = Aggregation(counts, stored, MemoryTopic(), aside, stored_of, lambda _: None, DEFAULTS)
    for start in range(0, len(builds), batch):
        aggregate(records(builds[start : start + batch]), to)
    return MemoryMetrics(counts)


PIPELINES: list[dict[str, Any]] = [
    {"pipeline_id": "github.1.1", "repo": "acme/shop", "pipeline": "CI"},
    {"pipeline_id": "github.2.1", "repo": "acme/api", "pipeline": "CI", "default_branch": "trunk"},
    {"pipeline_id": "jenkins.9", "repo": "acme/api", "pipeline": "deploy", "provider": "jenkins"},
]


@some.composite
def histories(draw: some.DrawFn) -> list[Build]:
    """Some runs with their attempts over the last weeks, several ending at the same instant."""
    builds: list[Build] = []
    for run in range(draw(some.integers(0, 14))):
        said = draw(some.sampled_from(PIPELINES)) | {
            "branch": draw(some.sampled_from(["main", "trunk", "x"]))
        }
        ago = draw(some.sampled_from([0, 1, HOUR, 4 * DAY, -3 * HOUR]))  # a clock may be ahead
        ended = NOW - draw(some.integers(0, 30)) * 8 * HOUR - ago
        said["commit"] = draw(some.sampled_from([None, *"abcde"]))
        for attempt in range(1, draw(some.integers(1, 3)) + 1):
            took = draw(some.integers(0, 5_000_000))
            facts = {"run": str(run), "attempt": attempt, "status": draw(some.sampled_from(ENDED))}
            times = {"started_at": ended - took, "completed_at": ended, "duration_ms": took}
            queued = draw(some.sampled_from([None, ended - took - 9_000]))
            first_job = draw(some.sampled_from([None, ended - took + 3_000]))
            builds.append(a_build(**said, **facts, **times, queued_at=queued, first_job_at=first_job))
            ended = min(max(NOW, ended), ended + took)
    return draw(some.permutations(builds))


ENDED = [Status.SUCCESS, Status.SUCCESS, Status.FAILURE, Status.CANCELLED, Status.SKIPPED]
FILTERS: list[dict[str, Any]] = [
    {},
    {"branch": "default"},
    {"repo": "acme/api"},
    {"repo": "acme/api", "branch": "default"},
    {"pipeline": "github.2.1"},
    {"pipeline": "github.2.1", "branch": "default"},
    {"pipeline": "github.2.1", "branch": "x"},
    {"pipeline": "jenkins.9", "branch": "main"},
]
WINDOWS = {"1h": 1, "24h": 24, "3d": 72, "50h": 50, "7d": 168, "4w": 672}


def asked_of(filters: Mapping[str, str], hours: int) -> oracle.Asked:
    said: Any = {"pipeline_id" if name == "pipeline" else name: value for name, value in filters.items()}
    return oracle.Asked(hours, **said)


@settings(deadline=None)
@given(histories(), some.sampled_from(FILTERS), some.sampled_from(sorted(WINDOWS)), some.integers(1, 9))
def test_a_summary_is_what_the_builds_say(
    builds: list[Build], filters: dict[str, str], window: str, batch: int
) -> None:
    metrics = Metrics(counted([*builds, *builds[:3]], batch))
    said = metrics.summary(MetricsQuestion(window=window, **filters), NOW)
    expected = oracle.summary(builds, asked_of(filters, WINDOWS[window]), NOW)
    same(said, {name: value for name, value in expected.items() if name != "before"})
    assert (said["trend"] is None) == (expected["before"] is None)
    if said["trend"]:
        same(said["trend"]["before"], expected["before"])


def same(said: Any, expected: Any) -> None:
    for name, value in expected.items():
        if isinstance(value, dict) and name != "last_status_by_pipeline":
            same(said[name], value)
        elif name in ("p50", "p95", "p99", "median") and value is not None:
            within = 0.02 * value + 0.000501  # seconds are rounded to the millisecond
            assert said[name] == pytest.approx(value, rel=0, abs=within), name
        else:
            assert said[name] == (pytest.approx(value, abs=0.006) if type(value) is float else value), name


@settings(deadline=None, max_examples=30)
@given(histories(), some.sampled_from(FILTERS), some.sampled_from(["hour", "day"]))
def test_its_buckets_are_the_whole_window(builds: list[Build], filters: dict[str, str], bucket: Any) -> None:
    metrics = Metrics(counted(builds, 5))
    whole = metrics.summary(MetricsQuestion(window="7d", **filters), NOW)
    series = metrics.timeseries(TimeseriesQuestion(window="7d", bucket=bucket, **filters), NOW)
    buckets = series["buckets"]
    for name in whole["builds"]:
        assert sum(each["builds"][name] for each in buckets) == whole["builds"][name]
    assert [each["from"] for each in buckets[1:]] == [each["to"] for each in buckets[:-1]]
    assert (buckets[0]["from"], buckets[-1]["to"]) == (whole["from"], whole["to"])


def test_it_reads_all_aggregates_of_a_window_once() -> None:
    chance = random.Random(1)
    for _ in range(300):
        start = chance.randrange(400_000, 410_000)
        window = Window(start, start + chance.randrange(1, 2400))
        counted = [
            {
                number: {"success": each}
                for number in range(window.start // each - 24, window.end // each + 24)
            }
            for each in (1, 24, 168)
        ]
        cover = Cover.of([window])
        first, last = cover.weeks or (0, -1)
        wanted = (cover.hours, cover.days, range(first, last + 1))
        read = Aggregates(*(chosen(some, numbers) for some, numbers in zip(counted, wanted, strict=True)))
        assert read.total(window)["success"] == window.hours


# What a row is ordered by: the lower, the earlier.
ORDERS: dict[str, Any] = {
    "success_rate": lambda row: row["success_rate"],
    "builds": lambda row: -sum(row["builds"].values()),
    "duration": lambda row: negative(row["duration"]["p95"]),
    "recovery": lambda row: negative(row["recovery"]["mean"]),
}


def negative(value: float | None) -> float | None:
    return None if value is None else -value


@settings(deadline=None, max_examples=50)
@given(histories(), some.sampled_from(sorted(ORDERS)), some.sampled_from(sorted(WINDOWS)), some.booleans())
def test_rows_are_what_the_builds_say_in_the_order_of_their_figures(
    builds: list[Build], sort: str, window: str, default_only: bool
) -> None:
    branch: Any = {"branch": "default"} if default_only else {}
    rows, cursor = list[Any](), None
    for _ in PIPELINES:
        asked = PipelineMetricsQuestion(window=window, sort=Sort(sort), limit=1, cursor=cursor, **branch)
        store = counted(builds, 5)
        page = Rows(store, PipelineNumbers(store, 3)).page(asked, NOW)
        rows, cursor = rows + page["pipelines"], page["next"]
        if cursor is None:
            break
    assert cursor is None
    assert sorted(row["id"] for row in rows) == sorted({build.pipeline_id for build in builds})
    end = NOW // HOUR * HOUR + HOUR
    for row in rows:
        asked_of_it = asked_of({"pipeline": row["id"], **branch}, 0)
        same(row, oracle.figures(builds, asked_of_it, end - WINDOWS[window] * HOUR, end))
        same(row["flaky"], oracle.flaky(builds, row["id"], end))
    ranks = [ORDERS[sort](row) for row in rows]
    known = [rank for rank in ranks if rank is not None]
    assert ranks == [*sorted(known), *[None] * (len(ranks) - len(known))]
