"""How builds are counted: which counters a run moves, in which scopes, and the figures made of them.

Counters of an aggregate (whole numbers). Builds of default branches count under these names with the prefix
`d_`, all others without it: each moves one of the two. In a branch's own aggregates all go without.
success, failure, cancelled, skipped   completed builds
timed, time                            completed builds whose duration is known, and its sum in ms
passed_ms, t<bin>                      the sum and the sketch of successful builds' durations
q<bin>                                 the sketch of queue times
first, first_passed                    runs by their first attempt, where that one was conclusive
runs, runs_passed                      runs by their last conclusive attempt
recovery_ms, r<bin>                    the sum and the sketch of recoveries, by when they closed
~<mark>                                of a pipeline alone: a conclusive build's commit (marks.py)
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.events import Change
from pipeline_health.domain.marks import mark_counter, mark_of
from pipeline_health.domain.sketch import bin_of
from pipeline_health.domain.times import HOUR

DEFAULT_PREFIX: Final = "d_"


@dataclass(frozen=True)
class Scope:
    """Whose builds: everything's, a repository's, a pipeline's, or one branch's of a pipeline."""

    repo: str = ""
    pipeline_id: str = ""
    branch: str = ""


EVERYTHING: Final = Scope()

Moves = dict[tuple[Scope, int], Counter[str]]  # by scope and hour of completion


@dataclass(frozen=True)
class Place:
    """Where something counts: its scopes, whether on a default branch, and the instant it happened."""

    repo: str
    pipeline_id: str
    branch: str
    default: bool
    at: int

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (
            EVERYTHING,
            Scope(repo=self.repo),
            Scope(pipeline_id=self.pipeline_id),
            Scope(pipeline_id=self.pipeline_id, branch=self.branch),
        )


@dataclass(frozen=True)
class Counted:
    """What was counted for one attempt, and the change it made: the ledger's entry for it."""

    revision: int
    status: Status
    repo: str
    branch: str
    default: bool
    started_at: int | None = None
    completed_at: int | None = None
    duration_ms: int | None = None
    queue_ms: int | None = None
    change: Change | None = None
    flip: int = 0
    since: int | None = None
    streak: int = 0
    mark: str | None = None

    @classmethod
    def of(cls, build: Build, revision: int, default_names: frozenset[str]) -> "Counted":
        return cls(
            revision=revision,
            status=build.status,
            repo=build.repo,
            branch=build.branch,
            default=build.is_default(default_names),
            started_at=build.started_at,
            completed_at=build.completed_at if build.status.completed else None,
            duration_ms=build.duration_ms,
            queue_ms=build.queue_ms,
            mark=mark_of(build),
        )

    def place(self, pipeline_id: str) -> Place:
        return Place(self.repo, pipeline_id, self.branch, self.default, self.completed_at or 0)


Run = Mapping[int, Counted]  # the attempts of one run, by their number


def add(moves: Moves, place: Place, counters: Mapping[str, int], sign: int = 1) -> None:
    """Counts `counters` in every scope of `place`."""
    for scope in place.scopes:
        prefix = DEFAULT_PREFIX if place.default and not scope.branch else ""
        total = moves.setdefault((scope, place.at // HOUR), Counter())
        for name, value in counters.items():
            total[prefix + name] += sign * value


def attempt_counters(counted: Counted) -> Counter[str]:
    """What one completed attempt counts by itself."""
    counters = Counter({counted.status.value: 1})
    if counted.duration_ms is not None:
        counters.update(timed=1, time=counted.duration_ms)
        if counted.status is Status.SUCCESS:
            counters.update({"passed_ms": counted.duration_ms, f"t{bin_of(counted.duration_ms)}": 1})
    if counted.queue_ms is not None:
        counters[f"q{bin_of(counted.queue_ms)}"] += 1
    return counters


def add_run(moves: Moves, pipeline_id: str, run: Run, sign: int = 1) -> None:
    """Counts everything one run contributes: its attempts, its first one, and its last conclusive one."""
    completed = {number: run[number] for number in sorted(run) if run[number].completed_at is not None}
    for counted in completed.values():
        add(moves, counted.place(pipeline_id), attempt_counters(counted), sign)
        _add_mark(moves, pipeline_id, counted, sign)
    conclusive = {number: counted for number, counted in completed.items() if counted.status.conclusive}
    if 1 in conclusive:
        _add_outcome(moves, pipeline_id, conclusive[1], "first", sign)
    if conclusive:
        _add_outcome(moves, pipeline_id, conclusive[max(conclusive)], "runs", sign)


def _add_mark(moves: Moves, pipeline_id: str, counted: Counted, sign: int) -> None:
    if counted.mark and counted.completed_at is not None:
        total = moves.setdefault((Scope(pipeline_id=pipeline_id), counted.completed_at // HOUR), Counter())
        for name, value in mark_counter(counted.mark, counted.status, counted.completed_at).items():
            total[name] += sign * value


def _add_outcome(moves: Moves, pipeline_id: str, counted: Counted, name: str, sign: int) -> None:
    passed = int(counted.status is Status.SUCCESS)
    add(moves, counted.place(pipeline_id), {name: 1, f"{name}_passed": passed}, sign)


def recovery_counters(milliseconds: int) -> dict[str, int]:
    """What one closed episode counts: from the first failure's completion to the next success's."""
    return {"recovery_ms": milliseconds, f"r{bin_of(milliseconds)}": 1}


def settle(moves: Moves) -> Moves:
    """The same without what cancels out."""
    settled = {key: Counter({n: v for n, v in counters.items() if v}) for key, counters in moves.items()}
    return {key: counters for key, counters in settled.items() if counters}


def total_of(aggregates: Iterable[Mapping[str, int]], *, default_only: bool = False) -> Counter[str]:
    """The counters of several hours or days together; of their default branches' share where asked for."""
    total: Counter[str] = Counter()
    for aggregate in aggregates:
        for name, value in aggregate.items():
            if name.startswith(DEFAULT_PREFIX) or not default_only:
                total[name.removeprefix(DEFAULT_PREFIX)] += value
    return total
