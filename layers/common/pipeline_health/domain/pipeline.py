"""A pipeline's card, drawn in every list, and the state of each of its branches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.events import Change
from pipeline_health.domain.timeline import Entry, Segment, completed_at

RECENT_BUILDS = 30
BROKEN_BRANCHES = 50

Order = tuple[int, int, str]  # (started, attempt, run), within one pipeline


def order(build: Build) -> Order:
    return (build.at, build.attempt, build.run)


@dataclass(frozen=True)
class Recent:
    """One build in a card's strip of recent ones."""

    at: int
    attempt: int
    run: str
    status: Status
    duration_ms: int | None = None
    branch: str = ""

    @classmethod
    def of(cls, build: Build) -> "Recent":
        return cls(build.at, build.attempt, build.run, build.status, build.duration_ms, build.branch)

    @property
    def order(self) -> Order:
        return (self.at, self.attempt, self.run)

    def same_as(self, other: "Recent") -> bool:
        return (self.run, self.attempt) == (other.run, other.attempt)


@dataclass(frozen=True)
class Told:
    """What was last told of a branch: which way it went, since when (if broken), for how many builds."""

    status: Status
    flip: int = 0
    since: int | None = None
    streak: int = 0
    change: Change | None = None


@dataclass(frozen=True)
class Branch:
    """A branch of a pipeline: its newest build, its last segment (None before any conclusive build)."""

    name: str
    newest: Recent | None = None
    head: Segment | None = None
    told: Told | None = None

    def with_newest(self, build: Build) -> "Branch":
        recent = Recent.of(build)
        known = self.newest
        newer = known is None or known.same_as(recent) or recent.order > known.order
        return replace(self, newest=recent) if newer else self

    def without(self, build: Build) -> "Branch":
        """The branch once a build turned out to be another one's (Jenkins may say the branch late)."""
        ours = self.newest is not None and self.newest.same_as(Recent.of(build))
        return replace(self, newest=None) if ours else self

    @property
    def broken_since(self) -> int | None:
        """Completion of the first failure of the open streak."""
        broken = self.head is not None and self.head.status is Status.FAILURE
        return completed_at(self.head.start) if self.head and broken else None


@dataclass(frozen=True)
class Card:
    """What one line of the list of pipelines shows, and the lock that orders all writes to the pipeline.

    `shown` is the branch its status comes from; `broken` the branches that are broken, with since when.
    """

    pipeline_id: str
    lock: int = 0
    last: Build | None = None
    default_branch: str | None = None
    default_said_by: Order | None = None
    recent: tuple[Recent, ...] = ()
    shown: Branch | None = None
    broken: Mapping[str, int] = field(default_factory=dict)

    def with_build(self, build: Build) -> "Card":
        card = self
        if self.last is None or self.last.id == build.id or order(build) > order(self.last):
            card = replace(card, last=build.model_copy(update={"logs": None}))
        if self._says_default(build):
            card = replace(card, default_branch=build.default_branch, default_said_by=order(build))
        return replace(card, recent=_with_recent(card.recent, Recent.of(build)))

    def _says_default(self, build: Build) -> bool:
        """The newest build that names a default branch decides; it may also take back its own word."""
        said = self.default_said_by
        if said and said[1:] == (build.attempt, build.run):
            return True
        return build.default_branch is not None and (said is None or order(build) > said)

    def with_branches(self, branches: Mapping[str, Branch], candidates: Iterable[str]) -> "Card":
        """The card after these branches changed; its status is the first candidate's that has builds."""
        known = [branches[name] for name in candidates if name in branches and branches[name].newest]
        broken = {name: since for name, since in self.broken.items() if name not in branches}
        broken |= {b.name: b.broken_since for b in branches.values() if b.broken_since is not None}
        newest_first = sorted(broken.items(), key=lambda item: (-item[1], item[0]))
        return replace(
            self,
            shown=known[0] if known else self.shown,
            broken=dict(newest_first[:BROKEN_BRANCHES]),
        )

    def candidates(self, default_names: Iterable[str]) -> list[str]:
        """The branches its status may come from: the default one (the sender's word, else these names), else
        the one that was active last.
        """
        defaults = [self.default_branch] if self.default_branch else sorted(default_names)
        return [*defaults, *([self.last.branch] if self.last else [])]


def _with_recent(recent: tuple[Recent, ...], new: Recent) -> tuple[Recent, ...]:
    others = [build for build in recent if not build.same_as(new)]
    return tuple(sorted([*others, new], key=lambda build: build.order, reverse=True)[:RECENT_BUILDS])


def tell(told: Told | None, entry: Entry) -> Told:
    """What to tell when `entry` becomes the head of its branch, after `told`.

    Compared with the last conclusive build, as people know it: broken, still failing, fixed, or nothing.
    """
    before = told or Told(Status.SUCCESS)
    alike = before.status is entry.status
    failed = entry.status is Status.FAILURE
    since = before.since if alike or not failed else completed_at(entry.key)
    return Told(
        status=entry.status,
        flip=before.flip + (not alike),
        since=since,
        streak=before.streak + 1 if alike else 1,
        change=_change(alike=alike, failed=failed),
    )


def _change(*, alike: bool, failed: bool) -> Change | None:
    if alike:
        return Change.STILL_FAILING if failed else None
    return Change.BROKEN if failed else Change.FIXED
