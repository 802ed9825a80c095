"""Flaky: the same commit both failed and succeeded in one pipeline, so nothing changed between.

A pipeline is flagged once it had as many such commits as a setting says within seven days, and no longer once
seven days passed without another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from pipeline_health.domain.times import DAY

SPAN: Final = 7 * DAY
LOOK_BACK: Final = 28 * DAY  # a flag may be older than the week that it looks back on


class Concluded(NamedTuple):
    """A build of a commit, named by a number, succeeded or failed."""

    commit: int
    passed: bool
    at: int


@dataclass(frozen=True)
class Commits:
    """Instants, by commit: when its first conclusive build completed, and when it turned out to be flaky."""

    concluded: Mapping[int, int]
    flaky: Mapping[int, int]

    @classmethod
    def of(cls, concluded: Iterable[Concluded]) -> "Commits":
        passed: dict[int, int] = {}
        failed: dict[int, int] = {}
        for commit, succeeded, at in concluded:
            times = passed if succeeded else failed
            if commit not in times or at < times[commit]:
                times[commit] = at
        both = passed.keys() & failed.keys()
        return cls(
            concluded={
                **passed,
                **failed,
                **{commit: min(passed[commit], failed[commit]) for commit in both},
            },
            flaky={commit: max(passed[commit], failed[commit]) for commit in both},
        )


@dataclass(frozen=True)
class Verdict:
    """Whether a pipeline is flagged; of the last seven days how many commits concluded, and which turned out
    to be flaky, when.
    """

    flagged: bool
    commits: int
    flaky: Mapping[int, int]

    @classmethod
    def of(cls, concluded: Iterable[Concluded], now: int, threshold: int) -> "Verdict":
        known = Commits.of(each for each in concluded if each.at >= now - LOOK_BACK)
        return cls(
            flagged=is_flagged(known.flaky.values(), now, threshold),
            commits=sum(at >= now - SPAN for at in known.concluded.values()),
            flaky={commit: at for commit, at in known.flaky.items() if at >= now - SPAN},
        )


def is_flagged(times: Iterable[int], now: int, threshold: int) -> bool:
    """By the instants at which commits turned out to be flaky."""
    flagged, last = False, list[int]()
    for at in sorted(time for time in times if time <= now):
        flagged = flagged and bool(last) and at - last[-1] <= SPAN
        last = [*(before for before in last if at - before <= SPAN), at]
        flagged = flagged or len(last) >= threshold
    return flagged and now - last[-1] <= SPAN
