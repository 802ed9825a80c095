"""A pipeline's jobs for people to read: which one fails most and at which step, is slowest, waits longest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from pipeline_health.api.job_questions import JobMetricsQuestion, Sort
from pipeline_health.domain.figures import Figures, mean, percentiles_seconds, rate
from pipeline_health.domain.jobs import Place
from pipeline_health.domain.kept import Kept
from pipeline_health.domain.packing import Tally
from pipeline_health.domain.times import DAY, HOUR, format_instant
from pipeline_health.domain.view import View
from pipeline_health.domain.window import Window
from pipeline_health.flows.reading import only

MOST: Final = 50_000  # counters as they came, of some 300 bytes each: 15 MB
STEPS: Final = 10  # of each job, those at which it fails most


class CountedDay(Protocol):
    """Of one job, or of a step of it. Equal to another where all of it is."""

    def __len__(self) -> int: ...
    @property
    def place(self) -> Place: ...
    @property
    def counters(self) -> Mapping[str, int]: ...


@dataclass(frozen=True)
class Days:
    """What was counted by job and day, from day `first` on: later than asked where that was too much."""

    first: int
    counted: Sequence[CountedDay]


class JobsStore(Protocol):
    def days(self, pipeline_id: str, first: int, last: int) -> Days:
        """In a bounded number of requests, the newest days first."""


class Names(Protocol):
    def ids_of(self, pipeline: str, repo: str | None) -> Sequence[str]:
        """The pipelines with this id or name."""


@dataclass(frozen=True)
class JobMetrics:
    store: JobsStore
    names: Names
    kept: Kept[tuple[str | None, int, int], list[View]] = field(default_factory=lambda: Kept(MOST))

    def page(self, asked: JobMetricsQuestion, now: int) -> View:
        pipeline_id = only(self.names.ids_of(asked.pipeline, asked.repo))
        first, last = _days(Window.parse(asked.window, now))
        read = self.store.days(pipeline_id, first, last) if pipeline_id else Days(first, [])
        of = pipeline_id, read.first, last
        every = self.kept.of(of, read.counted, lambda: _rows(read))
        rows = sorted(every, key=_SORTED[asked.sort], reverse=True)
        return {
            "pipeline_id": pipeline_id,
            "from": format_instant(read.first * DAY),
            "to": format_instant((last + 1) * DAY),
            "jobs": rows[: asked.limit],
            "all_jobs": len(rows),
        }


def _days(window: Window) -> tuple[int, int]:
    """The whole days, in UTC, that the window touches: the first and the last."""
    return window.start * HOUR // DAY, (window.end * HOUR - 1) // DAY


def _rows(read: Days) -> list[View]:
    totals: dict[str, dict[str, int]] = {}
    steps: dict[str, dict[str, list[tuple[Place, int]]]] = {}
    for place, counters in ((each.place, each.counters) for each in read.counted):
        if place.step:
            steps.setdefault(place.job, {}).setdefault(place.step, []).append(
                (place, counters.get("failure", 0))
            )
        else:
            total = totals.setdefault(place.job, {})
            for name, value in counters.items():
                total[name] = total.get(name, 0) + value
    return [
        _row(name, Tally.of(total), steps.get(name, {}))
        for name, total in sorted(totals.items())
        if any(total.values())
    ]


def _row(name: str, tally: Tally, steps: Mapping[str, Sequence[tuple[Place, int]]]) -> View:
    counted = tally.numbers
    return {
        "name": name,
        "failure_rate": rate(counted["failure"], counted["success"] + counted["failure"]),
        "counts": {status: counted[status] for status in ("success", "failure", "cancelled", "skipped")},
        "duration": _figures(tally.bins["t"], counted["passed_ms"]),
        "queue": _figures(tally.bins["q"], counted["queue_ms"]),
        "failing_steps": _failing(steps),
    }


def _figures(bins: Mapping[int, int], total_ms: int) -> Figures:
    count = sum(bins.values())
    return {"jobs": count, "mean": mean(total_ms, count), **percentiles_seconds(bins, 50, 95)}


def _failing(steps: Mapping[str, Sequence[tuple[Place, int]]]) -> list[View]:
    """By name, since a step moves when another is put before it; its number is the newest one."""
    failures = {name: sum(times for _, times in counted) for name, counted in steps.items()}
    worst = sorted((name for name in failures if failures[name]), key=lambda name: (-failures[name], name))
    return [
        {"name": name, "number": _newest_number(steps[name]), "failures": failures[name]}
        for name in worst[:STEPS]
    ]


def _newest_number(counted: Sequence[tuple[Place, int]]) -> int:
    return max((place.day, place.number) for place, times in counted if times)[1]


_SORTED: Final[Mapping[Sort, Callable[[View], Any]]] = {
    "failures": lambda row: (row["counts"]["failure"], row["failure_rate"] or 0),
    "duration": lambda row: row["duration"]["p95"] or 0,
    "queue": lambda row: row["queue"]["p95"] or 0,
}
