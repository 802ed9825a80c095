"""Every number of a summary by brute force, from the builds alone and in the words of docs/numbers.md.

Nothing here is shared with the product but what a build is. Percentiles are exact: compare within 2 %.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil
from typing import Any

from pipeline_health.domain.build import Build

HOUR = 3_600_000
DAY = 24 * HOUR
STATUSES = ("success", "failure", "cancelled", "skipped")
Said = dict[str, Any]
Chosen = Callable[[Build], bool]


@dataclass(frozen=True)
class Asked:
    hours: int
    repo: str | None = None
    pipeline_id: str | None = None
    branch: str | None = None
    default_names: frozenset[str] = frozenset({"main", "master"})

    def chooses(self, build: Build) -> bool:
        return (
            self.repo in (None, build.repo)
            and self.pipeline_id in (None, build.pipeline_id)
            and self.on_branch(build.branch, build.default_branch)
        )

    def on_branch(self, branch: str, default: str | None) -> bool:
        if self.branch == "default":
            return branch == default if default else branch in self.default_names
        return self.branch in (None, branch)


def summary(builds: Iterable[Build], asked: Asked, now: int) -> Said:
    """Without `window`, `from` and `to`."""
    builds = list(builds)
    end = (now // HOUR + 1) * HOUR
    start = end - asked.hours * HOUR
    these = figures(builds, asked, start, end)
    before = figures(builds, asked, start - (end - start), start)
    open_since = open_episodes(builds, asked)
    these["recovery"] |= {
        "open": len(open_since),
        "longest_open": (now - min(open_since)) / 1000 if open_since else None,
    }
    return {
        **these,
        "before": before if sum(before["builds"].values()) else None,
        "last_status_by_pipeline": last_statuses(builds, asked, now),
    }


def figures(builds: list[Build], asked: Asked, start: int, end: int) -> Said:
    def counts(build: Build) -> bool:
        return asked.chooses(build) and start <= (build.completed_at or 0) < end

    completed = [build for build in builds if build.status in STATUSES and counts(build)]
    number = {status: sum(build.status == status for build in completed) for status in STATUSES}
    conclusive = number["success"] + number["failure"]
    known = [build.duration_ms for build in completed if build.duration_ms is not None]
    passed = [b.duration_ms for b in completed if b.status == "success" and b.duration_ms is not None]
    waited = [ms for ms in map(wait, completed) if ms is not None]
    closed = [ms for ms, fixed in recoveries(builds) if counts(fixed)]
    first = [build for build in completed if build.attempt == 1 and is_conclusive(build)]
    last = [build for build in last_conclusive_attempts(builds) if counts(build)]
    return {
        "success_rate": percent(number["success"], conclusive),
        "failure_rate": percent(number["failure"], conclusive),
        "cancelled_rate": percent(number["cancelled"], len(completed)),
        "skipped_rate": percent(number["skipped"], len(completed)),
        "first_pass_rate": percent(sum(build.status == "success" for build in first), len(first)),
        "eventual_pass_rate": percent(sum(build.status == "success" for build in last), len(last)),
        "avg_build_time": mean(known),
        "builds": number,
        "throughput": len(completed) / ((end - start) / DAY),
        "duration": {"builds": len(passed), "mean": mean(passed), **ranks(passed, 50, 95, 99)},
        "queue": {"builds": len(waited), **ranks(waited, 50, 95)},
        "recovery": {"episodes": len(closed), "mean": mean(closed), "median": ranks(closed, 50)["p50"]},
    }


def wait(build: Build) -> int | None:
    """Until it started, of builds that say when they were queued; of others until their first job did."""
    if build.started_at is None:
        return None
    if build.queued_at is not None:
        return max(0, build.started_at - build.queued_at)
    return None if build.first_job_at is None else max(0, build.first_job_at - build.started_at)


def percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def mean(milliseconds: list[int]) -> float | None:
    return sum(milliseconds) / len(milliseconds) / 1000 if milliseconds else None


def ranks(milliseconds: list[int], *percents: int) -> Said:
    """Nearest rank: the smallest value that so many percent do not exceed."""
    ordered = sorted(milliseconds)
    return {
        f"p{each}": ordered[ceil(len(ordered) * each / 100) - 1] / 1000 if ordered else None
        for each in percents
    }


def is_conclusive(build: Build) -> bool:
    return build.status in ("success", "failure")


def last_conclusive_attempts(builds: list[Build]) -> list[Build]:
    last: dict[tuple[str, str], Build] = {}
    for build in sorted(builds, key=lambda build: build.attempt):
        if is_conclusive(build):
            last[build.pipeline_id, build.run] = build
    return list(last.values())


def streaks(builds: list[Build]) -> list[list[list[Build]]]:
    """For each pipeline and branch its conclusive builds by completion, cut where the outcome changes."""

    def place(build: Build) -> tuple[str, str]:
        return build.pipeline_id, build.branch

    conclusive = sorted(
        filter(is_conclusive, builds),
        key=lambda b: (*place(b), b.completed_at or 0, b.started_at or 0, b.id),
    )
    return [
        [list(streak) for _, streak in groupby(branch, key=lambda build: build.status)]
        for _, branch in groupby(conclusive, key=place)
    ]


def recoveries(builds: list[Build]) -> list[tuple[int, Build]]:
    """How long each took, with the build that ended it."""
    return [
        ((after[0].completed_at or 0) - (streak[0].completed_at or 0), after[0])
        for branch in streaks(builds)
        for streak, after in pairwise(branch)
        if streak[0].status == "failure"
    ]


def open_episodes(builds: list[Build], asked: Asked) -> list[int]:
    last = [branch[-1] for branch in streaks(builds)]
    return [s[0].completed_at or 0 for s in last if s[0].status == "failure" and asked.chooses(s[0])]


def last_statuses(builds: list[Build], asked: Asked, now: int) -> dict[str, str]:
    newest: dict[str, Build] = {}
    for build in sorted(builds, key=lambda build: (build.at, build.attempt, build.run)):
        if asked.chooses(build):
            newest[build.pipeline_id] = build
    active = [build for build in newest.values() if build.at >= now - 90 * DAY]
    names = [build.pipeline for build in active]
    return {
        b.pipeline if names.count(b.pipeline) == 1 else f"{b.repo}/{b.pipeline}": b.status.value
        for b in active
    }


def flaky(builds: list[Build], pipeline_id: str, now: int) -> Said:
    """Three in seven days flag a pipeline; each later one prolongs that, until seven days are quiet."""
    outcomes: dict[str, dict[str, int]] = {}
    for build in builds:
        at = build.completed_at or 0
        if (
            build.pipeline_id == pipeline_id
            and build.commit
            and is_conclusive(build)
            and at >= now - 28 * DAY
        ):
            times = outcomes.setdefault(build.commit, {})
            times[build.status] = min(at, times.get(build.status, at))
    turned = sorted(max(times.values()) for times in outcomes.values() if len(times) == 2)
    flagged_until = 0
    for place, at in enumerate(turned):
        if at <= flagged_until or sum(at - 7 * DAY <= other for other in turned[: place + 1]) >= 3:
            flagged_until = at + 7 * DAY
    recent = [at for at in turned if at >= now - 7 * DAY]
    commits = [times for times in outcomes.values() if min(times.values()) >= now - 7 * DAY]
    return {
        "flagged": flagged_until >= now,
        "rate": percent(len(recent), len(commits)),
        "commits": len(commits),
        "flaky": len(recent),
    }
