"""Silent and stuck: a build that is due and does not come, and one that runs and does not end."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from pipeline_health.domain.build import Status
from pipeline_health.domain.recent import Recent
from pipeline_health.domain.times import HOUR

TIMES: Final = 2  # as long as usual
GAPS: Final = 20  # at least, to know what is usual


def usual_gap(recent: Sequence[Recent]) -> int | None:
    """Milliseconds between two starts, at the 95th percentile of its recent builds (newest first): nights and
    weekends are usual. None where there are too few.
    """
    gaps = sorted(newer.at - older.at for newer, older in pairwise(recent))
    return gaps[-(-len(gaps) * 95 // 100) - 1] if len(gaps) >= GAPS else None


def silent_since(recent: Sequence[Recent], now: int) -> int | None:
    """When the next build was overdue; None while it is not, and for a pipeline that never succeeded."""
    gap = usual_gap(recent)
    if gap is None or not any(build.status is Status.SUCCESS for build in recent):
        return None
    due = recent[0].at + max(TIMES * gap, HOUR)  # after a burst of builds an hour without one is no news
    return due if now > due else None


def stuck(recent: Iterable[Recent], p95_seconds: float | None, now: int) -> list[Recent]:
    """The builds that have been running for longer than twice its p95."""
    if p95_seconds is None:
        return []
    limit = now - TIMES * 1000 * p95_seconds
    return [build for build in recent if build.status is Status.IN_PROGRESS and build.at < limit]
