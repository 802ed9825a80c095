"""A pipeline's card, drawn in every list, and the state of each of its branches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.events import Change
from pipeline_health.domain.recent import Recent, Strip
from pipeline_health.domain.timeline import Entry, Segment, completed_at
from pipeline_health.domain.totals import Totals

RECENT_BUILDS = 30
BROKEN_BRANCHES = 50
BRANCH_BUILDS = 10  # enough for the newest one to be corrected or to leave, again and again
SAID = 3  # builds that named the default branch; nearly always they agree


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
    """A branch of a pipeline: its newest build, its last segment (None before any conclusive build).

    `strip` is what `newest` is taken from, since a build may be corrected or turn out to be another branch's.
    """

    name: str
    newest: Recent | None = None
    head: Segment | None = None
    told: Told | None = None
    strip: Strip = field(default_factory=Strip)

    def with_newest(self, build: Build) -> "Branch":
        return self._with(self.strip.with_build(Recent.of(build), BRANCH_BUILDS))

    def without(self, build: Build) -> "Branch":
        """The branch once a build turned out to be another one's (Jenkins may say the branch late)."""
        return self._with(self.strip.without(Recent.of(build)))

    def _with(self, strip: Strip) -> "Branch":
        return replace(self, strip=strip, newest=strip.builds[0] if strip.builds else None)

    @property
    def broken_since(self) -> int | None:
        """Completion of the first failure of the open streak."""
        broken = self.head is not None and self.head.status is Status.FAILURE
        return completed_at(self.head.start) if self.head and broken else None


@dataclass(frozen=True)
class Card:
    """What one line of the list of pipelines shows, and the lock that orders all writes to the pipeline.

    `last` is the build at the head of `recent`. `shown` is the branch its status comes from; `broken` the
    branches that are broken, with since when; `said` the newest builds that name a default branch, each with
    that name for its branch. Nothing ever counted in the hour `until` or later.
    """

    pipeline_id: str
    lock: int = 0
    until: int = 0
    last: Build | None = None
    default_branch: str | None = None
    said: Strip = field(default_factory=Strip)
    recent: tuple[Recent, ...] = ()
    cut: bool = False
    shown: Branch | None = None
    broken: Mapping[str, int] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)

    def with_build(self, build: Build) -> "Card":
        """With its strips; `last` follows by `headed_by`, once all builds of a group are in them."""
        strip = Strip(self.recent, self.cut).with_build(Recent.of(build), RECENT_BUILDS)
        said = self._said_with(build)
        return replace(
            self,
            recent=strip.builds,
            cut=strip.cut,
            said=said,
            default_branch=said.builds[0].branch if said.builds else None,
        )

    def _said_with(self, build: Build) -> Strip:
        """The newest build that names a default branch decides; it may also take back its own word."""
        if build.default_branch is None:
            return self.said.without(Recent.of(build))
        return self.said.with_build(replace(Recent.of(build), branch=build.default_branch), SAID)

    @property
    def head_id(self) -> str:
        """The id of the newest build."""
        return f"{self.pipeline_id}.{self.recent[0].run}.{self.recent[0].attempt}"

    def headed_by(self, builds: Iterable[Build]) -> "Card":
        """The card with its newest build, where that is among these; else as it was."""
        last = {build.id: build for build in builds}.get(self.head_id, self.last)
        return replace(self, last=last.model_copy(update={"logs": None}) if last else None)

    def with_branches(self, branches: Mapping[str, Branch], candidates: Iterable[str]) -> "Card":
        """The card after these branches changed; its status is the first candidate's that has builds."""
        known = [branches[name] for name in candidates if name in branches and branches[name].newest]
        broken = {name: since for name, since in self.broken.items() if name not in branches}
        broken |= {b.name: b.broken_since for b in branches.values() if b.broken_since is not None}
        newest_first = sorted(broken.items(), key=lambda item: (-item[1], item[0]))
        return replace(
            self,
            shown=replace(known[0], strip=Strip(), told=None) if known else self.shown,
            broken=dict(newest_first[:BROKEN_BRANCHES]),
        )

    def candidates(self, default_names: Iterable[str]) -> list[str]:
        """The branches its status may come from: the default one (the sender's word, else these names), else
        the one that was active last.
        """
        defaults = [self.default_branch] if self.default_branch else sorted(default_names)
        return [*defaults, *([self.last.branch] if self.last else [])]


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
