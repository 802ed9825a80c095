"""Windows of time, in whole UTC hours, and which stored hours and days cover them.

Hours are numbered from the epoch (instant // HOUR), days likewise; a window is half-open, by completion.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, Literal

from pipeline_health.domain.times import HOUR

Kind = Literal["hours", "days", "weeks"]
KINDS: Final[tuple[Kind, ...]] = ("hours", "days", "weeks")
HOURS_A_DAY: Final = 24
DAYS_A_WEEK: Final = 7
HOURS_A_WEEK: Final = DAYS_A_WEEK * HOURS_A_DAY
HALF: Final = 12  # hours
LONGEST: Final = 400 * HOURS_A_DAY
ALLOWED: Final = "a number of hours, days or weeks such as 24h, 7d or 4w, at most 400d"

_UNITS: Final = {"h": 1, "d": HOURS_A_DAY, "w": HOURS_A_WEEK}
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
    def with_nothing_after(self) -> "Window":
        """What holds the same builds where none completed after it: up to the end of its last day or week, if
        that is no more aggregates. So there are no hours but those of its first day.
        """
        ends = (-(-self.end // step) * step for step in (1, HOURS_A_DAY, HOURS_A_WEEK))
        return min((Window(self.start, end) for end in ends), key=lambda each: (len(each.terms), -each.end))

    def as_read(self, until: Iterable[int]) -> "Window":
        """Where nothing counted in these hours or later."""
        return self.with_nothing_after if all(hour <= self.end for hour in until) else self

    @property
    def start_at(self) -> int:
        return self.start * HOUR

    @property
    def end_at(self) -> int:
        return self.end * HOUR

    @property
    def days(self) -> range:
        """Those it covers, whole or in part."""
        return range(self.start // HOURS_A_DAY, -(-self.end // HOURS_A_DAY))

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
    def _cut_days(self) -> dict[int, range]:
        """The days, at most two, of which it covers a part only, each with those hours."""
        ends = {self.start // HOURS_A_DAY, (self.end - 1) // HOURS_A_DAY}
        covered = {
            day: range(max(self.start, _hours_of(day).start), min(self.end, _hours_of(day).stop))
            for day in ends
        }
        return {day: hours for day, hours in sorted(covered.items()) if len(hours) < HOURS_A_DAY}

    @property
    def loose_hours(self) -> tuple[int, ...]:
        """The hours of days of which it covers less than half."""
        return tuple(h for hours in self._cut_days.values() if not _is_most(hours) for h in hours)

    @property
    def trimmed_days(self) -> tuple[int, ...]:
        """The days of which it covers most: as a whole, less their `trimmed_hours`."""
        return tuple(day for day, hours in self._cut_days.items() if _is_most(hours))

    @property
    def trimmed_hours(self) -> tuple[int, ...]:
        cut = self._cut_days
        return tuple(h for day in self.trimmed_days for h in _hours_of(day) if h not in cut[day])

    @cached_property
    def terms(self) -> tuple[tuple[Kind, int, int], ...]:
        """The aggregates that add up to it, each with its sign: hours may be taken off a day again."""
        return (
            *(("weeks", week, 1) for week in self.whole_weeks),
            *(("days", day, 1) for day in (*self.loose_days, *self.trimmed_days)),
            *(("hours", hour, 1) for hour in self.loose_hours),
            *(("hours", hour, -1) for hour in self.trimmed_hours),
        )

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

    @property
    def each_week(self) -> range:
        return range(self.weeks[0], self.weeks[1] + 1) if self.weeks else range(0)

    @classmethod
    def of(cls, windows: Iterable[Window]) -> "Cover":
        windows = list(windows)
        ranges = [window.whole_weeks for window in windows if window.whole_weeks]
        weeks = (min(r.start for r in ranges), max(r.stop for r in ranges) - 1) if ranges else None
        days = sorted({day for w in windows for day in (*w.loose_days, *w.trimmed_days)})
        hours = sorted({hour for w in windows for hour in (*w.loose_hours, *w.trimmed_hours)})
        return cls(weeks, tuple(days), tuple(hours))


def _is_most(hours: range) -> bool:
    """Of a day. Of two equal halves the first is: so two windows that meet at noon read the same hours."""
    from_midnight = hours.start % HOURS_A_DAY == 0
    return len(hours) > HALF or (len(hours) == HALF and from_midnight)


def _hours_of(day: int) -> range:
    return range(day * HOURS_A_DAY, (day + 1) * HOURS_A_DAY)
