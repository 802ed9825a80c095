"""Windows of time, in whole UTC hours, and which stored hours and days cover them.

Hours are numbered from the epoch (instant // HOUR), days likewise; a window is half-open, by completion.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pipeline_health.domain.times import HOUR

HOURS_A_DAY: Final = 24
DAYS_A_WEEK: Final = 7
LONGEST: Final = 400 * HOURS_A_DAY
ALLOWED: Final = "a number of hours, days or weeks such as 24h, 7d or 4w, at most 400d"

_UNITS: Final = {"h": 1, "d": HOURS_A_DAY, "w": 7 * HOURS_A_DAY}
_WINDOW: Final = re.compile(r"([1-9][0-9]{0,4})([hdw])")


@dataclass(frozen=True)
class Window:
    """Hours [start, end)."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: str, now: int) -> "Window":
        """The last `text` up to the next full hour after `now` (an instant); ValueError on any other word."""
        match = _WINDOW.fullmatch(text)
        hours = int(match[1]) * _UNITS[match[2]] if match else 0
        if not 0 < hours <= LONGEST:
            raise ValueError(f"must be {ALLOWED}")
        end = now // HOUR + 1
        return cls(end - hours, end)

    @property
    def hours(self) -> int:
        return self.end - self.start

    @property
    def before(self) -> "Window":
        """The equal window just before: what a trend compares with."""
        return Window(self.start - self.hours, self.start)

    @property
    def start_at(self) -> int:
        return self.start * HOUR

    @property
    def end_at(self) -> int:
        return self.end * HOUR

    @property
    def whole_days(self) -> range:
        first, last = -(-self.start // HOURS_A_DAY), self.end // HOURS_A_DAY
        return range(first, max(first, last))

    @property
    def whole_weeks(self) -> range:
        """Weeks are numbered from the epoch too, seven days each: they begin on Thursdays."""
        days = self.whole_days
        first, last = -(-days.start // DAYS_A_WEEK), days.stop // DAYS_A_WEEK
        return range(first, max(first, last))

    @property
    def loose_days(self) -> tuple[int, ...]:
        """The whole days outside its whole weeks: at most twelve."""
        days, weeks = self.whole_days, self.whole_weeks
        if not weeks:
            return tuple(days)
        head = range(days.start, weeks.start * DAYS_A_WEEK)
        tail = range(weeks.stop * DAYS_A_WEEK, days.stop)
        return (*head, *tail)

    @property
    def loose_hours(self) -> tuple[int, ...]:
        """The hours outside its whole days: fewer than 48."""
        days = self.whole_days
        if not days:
            return tuple(range(self.start, self.end))
        head = range(self.start, days.start * HOURS_A_DAY)
        tail = range(days.stop * HOURS_A_DAY, self.end)
        return (*head, *tail)

    def buckets(self, hours_each: int) -> list["Window"]:
        """The window cut at whole multiples of `hours_each` (24: UTC days); its ends may be shorter."""
        cuts = range(-(-(self.start + 1) // hours_each) * hours_each, self.end, hours_each)
        edges = [self.start, *cuts, self.end]
        return [Window(a, b) for a, b in pairwise(edges)]


@dataclass(frozen=True)
class Cover:
    """What must be read for some windows: one range of weeks (inclusive, or None), single days and hours."""

    weeks: tuple[int, int] | None
    days: tuple[int, ...]
    hours: tuple[int, ...]

    @classmethod
    def of(cls, windows: Iterable[Window]) -> "Cover":
        windows = list(windows)
        ranges = [window.whole_weeks for window in windows if window.whole_weeks]
        weeks = (min(r.start for r in ranges), max(r.stop for r in ranges) - 1) if ranges else None
        days = sorted({day for window in windows for day in window.loose_days})
        hours = sorted({hour for window in windows for hour in window.loose_hours})
        return cls(weeks, tuple(days), tuple(hours))
