"""Flaky: the same commit both failed and succeeded in one pipeline, so nothing changed between.

A pipeline is flagged once it had as many such commits as a setting says within seven days, and no longer once
seven days passed without another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.times import DAY

SPAN: Final = 7 * DAY


@dataclass(frozen=True)
class Commits:
    """Instants, by commit: when its first conclusive build completed, and when it turned out to be flaky."""

    concluded: Mapping[str, int]
    flaky: Mapping[str, int]

    @classmethod
    def of(cls, builds: Iterable[Build]) -> "Commits":
        first: dict[tuple[str, Status], int] = {}
        for build in builds:
            if build.commit and build.status.conclusive and build.completed_at is not None:
                key = (build.commit, build.status)
                first[key] = min(build.completed_at, first.get(key, build.completed_at))
        passed = {commit: at for (commit, status), at in first.items() if status is Status.SUCCESS}
        failed = {commit: at for (commit, status), at in first.items() if status is Status.FAILURE}
        both = passed.keys() & failed.keys()
        return cls(
            concluded={
                commit: min(some[commit] for some in (passed, failed) if commit in some)
                for commit in passed.keys() | failed.keys()
            },
            flaky={commit: max(passed[commit], failed[commit]) for commit in both},
        )

    def since(self, start: int) -> "Commits":
        """Those that did so at `start` or later."""
        return Commits(
            {commit: at for commit, at in self.concluded.items() if at >= start},
            {commit: at for commit, at in self.flaky.items() if at >= start},
        )


def is_flagged(times: Iterable[int], now: int, threshold: int) -> bool:
    """By the instants at which commits turned out to be flaky."""
    flagged, last = False, list[int]()
    for at in sorted(time for time in times if time <= now):
        flagged = flagged and bool(last) and at - last[-1] <= SPAN
        last = [*(before for before in last if at - before <= SPAN), at]
        flagged = flagged or len(last) >= threshold
    return flagged and now - last[-1] <= SPAN
