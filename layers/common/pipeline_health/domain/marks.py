"""Marks: a conclusive build's commit, outcome and time as one number among its pipeline's counters of a day.

Being a number under a name of its own it is counted, corrected and rebuilt as every counter is: added once,
taken back with the sign turned. It stands in the day alone, so that 28 items tell a pipeline's flaky commits,
and has at most 22 digits, which whatever reckons in decimals keeps (docs/adr/0015-marks.md).
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

from pipeline_health.domain.build import Build, Status, digest
from pipeline_health.domain.flaky import Concluded
from pipeline_health.domain.times import DAY

MARK: Final = "~"  # what their names begin with; no other counter's does
_NAME: Final = 7  # characters of 6 bits, for a build among those of its pipeline and day
_COMMIT: Final = 10  # characters of 4 bits, for a commit among those of its pipeline


def commit_number(commit: str) -> int:
    """How marks name a commit."""
    return int(_digest(commit), 16)


def _digest(commit: str) -> str:
    return digest(commit, length=_COMMIT)


def mark_of(build: Build) -> str | None:
    """What the ledger keeps of a build's commit: the name of its mark, and the commit's digest."""
    if not build.commit or not build.status.conclusive:
        return None
    name = urlsafe_b64encode(sha256(f"{build.run}.{build.attempt}".encode()).digest())[:_NAME].decode()
    return name + _digest(build.commit)


def mark_counter(mark: str, status: Status, completed_at: int) -> dict[str, int]:
    number = int(mark[_NAME:], 16) * 2 + (status is Status.SUCCESS)
    return {
        MARK + mark[:_NAME]: number * DAY + completed_at % DAY + 1
    }  # never 0, which is what was taken back


def concluded_from(marks: Iterable[int], day: int) -> Iterator[Concluded]:
    """What the marks of a day say."""
    start = day * DAY
    for mark in marks:
        if mark > 0:
            number, time = divmod(mark - 1, DAY)
            yield Concluded(number >> 1, number & 1 == 1, start + time)


def is_mark(name: str) -> bool:
    return name.startswith(MARK)
