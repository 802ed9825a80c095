"""The timeline of a branch: its conclusive builds by completion, cut into segments of equal outcome.

A streak is the last segment, a change the start of one, a recovery a failing segment's start to the next
passing one's. A late build extends, splits or merges segments, and only those beside it: `weave` takes the
segments around the new builds and gives back what they become, so the cost is that of the neighbourhood.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pipeline_health.domain.aggregates import Moves, Place, add, recovery_counters
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.events import Change

INSTANT_DIGITS = 15


@dataclass(frozen=True)
class Entry:
    """One conclusive build on the timeline. `key` sorts by (completed, started, id)."""

    key: str
    status: Status
    repo: str
    default: bool

    @property
    def build_id(self) -> str:
        return build_id(self.key)


@dataclass(frozen=True)
class Segment:
    """`n` conclusive builds in a row that ended alike, from key `start` to key `last`.

    repo and default are the first build's; `change` is what that build changed, None for a branch's first
    success.
    """

    status: Status
    start: str
    last: str
    n: int
    repo: str
    default: bool
    change: Change | None = None


def entry_key(completed_at: int, started_at: int | None, build_id: str) -> str:
    return f"{completed_at:0{INSTANT_DIGITS}d}.{started_at or 0:0{INSTANT_DIGITS}d}.{build_id}"


def completed_at(key: str) -> int:
    return int(key[:INSTANT_DIGITS])


def build_id(key: str) -> str:
    return key[2 * INSTANT_DIGITS + 2 :]


def entry_of(build: Build, default: bool) -> Entry | None:
    """The build's place on its branch's timeline; None for one that says nothing about the code."""
    if not build.status.conclusive or build.completed_at is None:
        return None
    key = entry_key(build.completed_at, build.started_at, build.id)
    return Entry(key, build.status, build.repo, default)


def single(entry: Entry) -> Segment:
    return Segment(entry.status, entry.key, entry.key, 1, entry.repo, entry.default)


@dataclass(frozen=True)
class Reach:
    """The segments around some keys, in order: the one each lies in or follows, one more on either side, and
    all between. `begins` and `ends` say whether the branch's first and last segment are among them.
    """

    segments: tuple[Segment, ...]
    begins: bool
    ends: bool


@dataclass
class Shift:
    """What comes to a branch's timeline and what leaves it."""

    added: list[Entry] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return sorted([*self.removed, *(entry.key for entry in self.added)])

    def appends_to(self, head: Segment | None) -> bool:
        """Whether all of it comes after everything known, so that nothing else need be read."""
        return not self.removed and (head is None or all(entry.key > head.last for entry in self.added))


@dataclass(frozen=True)
class Rewoven:
    """A branch's segments before and after."""

    before: tuple[Segment, ...]
    after: tuple[Segment, ...]

    @property
    def gone(self) -> list[str]:
        kept = {segment.start for segment in self.after}
        return [segment.start for segment in self.before if segment.start not in kept]

    @property
    def changed(self) -> list[Segment]:
        return [segment for segment in self.after if segment not in self.before]


def weave(
    reach: Reach,
    added: Iterable[Entry],
    removed: Iterable[str],
    entries_of: Callable[[Segment], Iterable[Entry]],
) -> list[Segment]:
    """What the segments become with these entries added and these keys removed.

    `entries_of` gives the entries of a segment that must be opened, because one falls out of it or one that
    ended otherwise falls into it.
    """
    added, removed = list(added), set(removed)
    pieces: list[Segment] = []
    for segment in reach.segments:
        if _must_open(segment, added, removed):
            pieces += [single(entry) for entry in entries_of(segment) if entry.key not in removed]
        else:
            pieces.append(segment)
    pieces += [single(entry) for entry in added]
    pieces.sort(key=lambda piece: piece.start)
    return _with_changes(_joined(pieces), begins=reach.begins)


def _must_open(segment: Segment, added: Iterable[Entry], removed: set[str]) -> bool:
    splits = any(
        segment.start < entry.key < segment.last and entry.status is not segment.status for entry in added
    )
    return splits or any(segment.start <= key <= segment.last for key in removed)


def _joined(pieces: Iterable[Segment]) -> list[Segment]:
    joined: list[Segment] = []
    for piece in pieces:
        if joined and joined[-1].status is piece.status:
            before = joined[-1]
            joined[-1] = replace(before, last=max(before.last, piece.last), n=before.n + piece.n)
        else:
            joined.append(piece)
    return joined


def _with_changes(woven: list[Segment], *, begins: bool) -> list[Segment]:
    """Each segment with its change; one whose predecessor is out of reach keeps what it had."""
    known = 0 if begins else 1
    return woven[:known] + [
        replace(segment, change=_change(segment, first=begins and index == 0))
        for index, segment in enumerate(woven[known:])
    ]


def _change(segment: Segment, *, first: bool) -> Change | None:
    if segment.status is Status.FAILURE:
        return Change.BROKEN
    return None if first else Change.FIXED


def add_recoveries(
    moves: Moves, pipeline_id: str, branch: str, segments: Sequence[Segment], sign: int
) -> None:
    """Counts every episode that closes within these segments, at the hour of the success that closed it."""
    for broken, fixed in pairwise(segments):
        if broken.status is Status.FAILURE:
            closed = completed_at(fixed.start)
            place = Place(fixed.repo, pipeline_id, branch, fixed.default, closed)
            add(moves, place, recovery_counters(closed - completed_at(broken.start)), sign)
