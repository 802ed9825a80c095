"""Newest first, in pages: positions in the one order of all builds, and slices of it.

A position is the sort key of the newest-first indexes, `{start:015d}#{build id}`: no two builds share one.
Without `#` it stands before all builds of that millisecond.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline_health.domain.build import Build

READ_AT_MOST: Final = 6_000  # builds looked at for one page, however few of them a filter lets through
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
class Slice:
    """Some builds by their positions, newest first, and how far down all were looked at (None: to the end).

    `read` counts what was looked at, filtered out or not.
    """

    builds: list[tuple[str, Build]]
    reached: str | None
    read: int


def fill(slice_below: Callable[[str], Slice], below: str, limit: int) -> tuple[list[Build], str | None]:
    """A page of at most `limit` builds and where the next one begins (None: nowhere).

    It may be short where a filter lets few builds through, but it always gets further down.
    """
    builds: list[tuple[str, Build]] = []
    reached: str | None = below
    read = 0
    while reached is not None and len(builds) < limit and read < READ_AT_MOST:
        found = slice_below(reached)
        builds, reached, read = [*builds, *found.builds], found.reached, read + found.read
    if len(builds) > limit:
        reached = builds[limit - 1][0]
    return [build for _, build in builds[:limit]], reached
