"""Newest first, in pages: positions in the one order of all builds, and slices of it.

A position is the sort key of the newest-first indexes, `{start:015d}#{build id}`: no two builds share one.
Without `#` it stands before all builds of that millisecond.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

from pipeline_health.domain.times import half_year_of, half_year_start

Thing = TypeVar("Thing")

SLICES: Final = 6  # that a page takes at most, however few things a filter lets through
_POSITION: Final = re.compile(r"[0-9]{15}(#[A-Za-z0-9._~-]{1,400})?", re.ASCII)


def position_of(instant: int, build_id: str = "") -> str:
    return f"{instant:015d}#{build_id}" if build_id else f"{instant:015d}"


def instant_of(position: str) -> int:
    """ValueError where it is no position."""
    if not _POSITION.fullmatch(position):
        raise ValueError("is no position")
    return int(position[:15])


def just_below(position: str) -> str:
    """The greatest bound below a position, for queries that include their bounds.

    No key holds a character above `~`, so `...#ab` + DEL comes after all keys that begin with `...#ab`.
    """
    return f"{position[:-1]}{chr(ord(position[-1]) - 1)}\x7f"


@dataclass(frozen=True)
class Stretch:
    """A part of that order, from `floor` up to but without `below`, of the builds with these attributes."""

    floor: str
    below: str
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return self.below <= self.floor


@dataclass(frozen=True)
class Slice(Generic[Thing]):
    """Some things by their positions, newest first; how far down all were looked at (None: to the end)."""

    found: list[tuple[str, Thing]]
    reached: str | None


def fill(
    slice_below: Callable[[str], Slice[Thing]], below: str, limit: int
) -> tuple[list[Thing], str | None]:
    """A page of at most `limit` things and where the next one begins (None: nowhere).

    It may be short where a filter lets little through, but it always gets further down.
    """
    page, reached = filled(slice_below, below, limit)
    return [thing for _, thing in page], reached


def filled(
    slice_below: Callable[[str], Slice[Thing]], below: str, limit: int
) -> tuple[list[tuple[str, Thing]], str | None]:
    """The same with the position of each."""
    page: list[tuple[str, Thing]] = []
    reached: str | None = below
    slices = 0
    while reached is not None and len(page) < limit and slices < SLICES:
        found = slice_below(reached)
        page, reached, slices = [*page, *found.found], found.reached, slices + 1
    if len(page) > limit:
        reached = page[limit - 1][0]
    return page[:limit], reached


def half_years(
    slice_of_half_year: Callable[[str, Stretch, int], Slice[Thing]], stretch: Stretch, limit: int
) -> Callable[[str], Slice[Thing]]:
    """Half-year by half-year, as the indexes are partitioned; an empty one costs little and ends no page."""

    def slice_below(below: str) -> Slice[Thing]:
        instant = _instant_below(below)
        found = slice_of_half_year(half_year_of(instant), replace(stretch, below=below), limit)
        start = position_of(half_year_start(instant))
        if found.reached is not None or start <= stretch.floor:
            return found
        return replace(found, reached=start)

    return slice_below


def _instant_below(position: str) -> int:
    """That of the position; below the very start of a millisecond is the one before."""
    instant = instant_of(position)
    return instant if "#" in position else max(instant - 1, 0)
