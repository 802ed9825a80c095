"""What broke and what was fixed, newest first: the history as it is known today.

Late builds may rewrite it. Alerts, which never change their mind, are not made of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from pipeline_health.api.questions import ChangesQuestion
from pipeline_health.domain.build import Build
from pipeline_health.domain.newest import Slice, Stretch, fill, half_years, position_of
from pipeline_health.domain.timeline import Segment, build_id, completed_at
from pipeline_health.domain.times import DAY, format_instant
from pipeline_health.domain.view import View, build_view
from pipeline_health.flows.reading import AHEAD, begin

FEED: Final = 90 * DAY  # how far back a feed goes


@dataclass(frozen=True)
class StoredChange:
    """A segment of a branch that began with a change, which its first build made."""

    pipeline_id: str
    branch: str
    segment: Segment


class ChangesStore(Protocol):
    def newest_changes(self, half_year: str, stretch: Stretch, limit: int) -> Slice[StoredChange]: ...


class BuildsById(Protocol):
    def get_many(self, build_ids: Iterable[str]) -> Mapping[str, Build]: ...


@dataclass(frozen=True)
class Changes:
    """`reach` is how far back, in ms, changes are told: as far as builds are kept."""

    changes: ChangesStore
    builds: BuildsById
    reach: int

    def page(self, asked: ChangesQuestion, now: int) -> View:
        changes, reached = self._page(asked, now)
        return {"changes": self._views(changes), "next": asked.next(reached)}

    def newest(self, limit: int, now: int) -> list[View]:
        """The same for a feed: each with the id of its build, which stays when the build is gone."""
        since = format_instant(max(0, now - FEED))
        asked = ChangesQuestion.model_validate({"limit": limit, "since": since})
        changes, _ = self._page(asked, now)
        ids = [build_id(change.segment.start) for change in changes]
        return [{**view, "build_id": id_} for view, id_ in zip(self._views(changes), ids, strict=True)]

    def _page(self, asked: ChangesQuestion, now: int) -> tuple[list[StoredChange], str | None]:
        stretch = _stretch(asked, now, self.reach)
        slices = half_years(self.changes.newest_changes, stretch, asked.limit)
        return fill(slices, stretch.below, asked.limit)

    def _views(self, changes: list[StoredChange]) -> list[View]:
        builds = self.builds.get_many(build_id(change.segment.start) for change in changes)
        return [_view(change, builds) for change in changes]


def _stretch(asked: ChangesQuestion, now: int, reach: int) -> Stretch:
    floor = max(now - reach, asked.since or 0)
    below = position_of(now + AHEAD)
    return Stretch(position_of(floor), min(below, begin(asked) or below))


def _view(change: StoredChange, builds: Mapping[str, Build]) -> View:
    segment = change.segment
    build = builds.get(build_id(segment.start))
    return {
        "change": segment.change.value if segment.change else None,
        "provider": build.provider if build else None,
        "repo": segment.repo,
        "pipeline": build.pipeline if build else None,
        "pipeline_id": change.pipeline_id,
        "branch": change.branch,
        "build": build_view(build) if build else None,
        "at": format_instant(completed_at(segment.start)),
    }
