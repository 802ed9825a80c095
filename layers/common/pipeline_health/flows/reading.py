"""Builds for people to read: the newest of everything or of a pipeline, the latest one, one by its id."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from pipeline_health.api.problems import not_found, refused
from pipeline_health.api.questions import BuildsQuestion, LatestQuestion, Paged
from pipeline_health.domain.build import Build
from pipeline_health.domain.jobs import Job
from pipeline_health.domain.newest import Slice, Stretch, fill, half_years, instant_of, position_of
from pipeline_health.domain.times import DAY
from pipeline_health.domain.view import View, build_view, detailed_view

Slices = Callable[[str], Slice[Build]]  # the slice below a position

NO_BUILD: Final = "No such build."
AHEAD: Final = 2 * DAY  # a sender's clock may run ahead by a day; nothing starts later


class BuildsStore(Protocol):
    def newest(self, half_year: str, stretch: Stretch, limit: int) -> Slice[Build]:
        """Of one half-year, 2026-H2, of everything."""

    def newest_of(self, pipeline_id: str, stretch: Stretch, limit: int) -> Slice[Build]: ...

    def get(self, build_id: str) -> Build | None: ...

    def jobs(self, build: Build) -> Sequence[Job]: ...


class Names(Protocol):
    def ids_of(self, pipeline: str, repo: str | None) -> Sequence[str]:
        """The pipelines with this id or name."""

    def newest_id_on(self, pipeline_id: str, branch: str) -> str | None:
        """The build that started last on a branch, however many others have started since."""


@dataclass(frozen=True)
class Reading:
    """`reach` is how far back, in ms, the list goes: builds are kept no longer."""

    builds: BuildsStore
    names: Names
    reach: int

    def page(self, asked: BuildsQuestion, now: int) -> View:
        stretch = self.stretch(asked, now)
        builds, reached = fill(self.slices(asked, stretch), stretch.below, asked.limit)
        return {"builds": [build_view(build) for build in builds], "next": asked.next(reached)}

    def latest(self, asked: LatestQuestion, now: int) -> View:
        """The build that started last, in any state."""
        pipeline_id = only(self.names.ids_of(asked.pipeline, asked.repo))
        if pipeline_id is None:
            raise not_found(NO_BUILD)
        if asked.branch is not None:
            return build_view(self._existing(self.names.newest_id_on(pipeline_id, asked.branch)))
        everything = Stretch(position_of(0), position_of(now + AHEAD))
        newest = self.builds.newest_of(pipeline_id, everything, limit=1).found
        if not newest:
            raise not_found(NO_BUILD)
        return build_view(newest[0][1])

    def one(self, build_id: str) -> View:
        build = self._existing(build_id)
        return detailed_view(build, self.builds.jobs(build))

    def _existing(self, build_id: str | None) -> Build:
        build = self.builds.get(build_id) if build_id else None
        if build is None:
            raise not_found(NO_BUILD)
        return build

    def stretch(self, asked: BuildsQuestion, now: int) -> Stretch:
        floor = max(now - self.reach, asked.since or 0)
        below = position_of(now + AHEAD if asked.until is None else min(asked.until, now + AHEAD))
        return Stretch(position_of(floor), min(below, begin(asked) or below), _filters(asked))

    def slices(self, asked: BuildsQuestion, stretch: Stretch) -> Slices:
        if asked.pipeline is None:
            return half_years(self.builds.newest, stretch, asked.limit)
        pipeline_id = only(self.names.ids_of(asked.pipeline, asked.repo))
        if pipeline_id is None:
            return lambda _: Slice([], None)
        return lambda below: self.builds.newest_of(pipeline_id, replace(stretch, below=below), asked.limit)


def only(ids: Sequence[str]) -> str | None:
    """The one pipeline that a name means; None where there is none."""
    if len(ids) > 1:
        raise refused("pipeline", f"is the name of several pipelines; ask for one of {', '.join(ids)}")
    return ids[0] if ids else None


def _filters(asked: BuildsQuestion) -> dict[str, str]:
    """The attributes of a build that the store filters by."""
    return asked.model_dump(include={"provider", "repo", "branch", "status"}, exclude_none=True)


def begin(asked: Paged) -> str | None:
    """Where the cursor says that the page begins. Its check is no signature: what it holds is checked too."""
    position = asked.position
    try:
        instant_of(position or position_of(0))
    except ValueError as error:
        raise refused("cursor", str(error)) from error
    return position
