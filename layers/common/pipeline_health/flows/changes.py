"""What broke and what was fixed, newest first: the history as it is known today.

Late builds may rewrite it. Alerts, which never change their mind, are not made of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline_health.api.questions import ChangesQuestion
from pipeline_health.domain.build import Build
from pipeline_health.domain.newest import Slice, Stretch, fill, months, position_of
from pipeline_health.domain.timeline import Segment, build_id, completed_at
from pipeline_health.domain.times import format_instant
from pipeline_health.domain.view import View, build_view
from pipeline_health.flows.reading import AHEAD, begin


@dataclass(frozen=True)
class StoredChange:
    """A segment of a branch that began with a change, which its first build made."""

    pipeline_id: str
    branch: str
    segment: Segment


class ChangesStore(Protocol):
    def newest_changes(self, month: str, stretch: Stretch, limit: int) -> Slice[StoredChange]: ...


class BuildsById(Protocol):
    def get_many(self, build_ids: Iterable[str]) -> Mapping[str, Build]: ...


@dataclass(frozen=True)
class Changes:
    """`reach` is how far back, in ms, changes are told: as far as builds are kept."""

    changes: ChangesStore
    builds: BuildsById
    reach: int

    def page(self, asked: ChangesQuestion, now: int) -> View:
        stretch = _stretch(asked, now, self.reach)
        slices = months(self.changes.newest_changes, stretch, asked.limit)
        changes, reached = fill(slices, stretch.below, asked.limit)
        builds = self.builds.get_many(build_id(change.segment.start) for change in changes)
        return {"changes": [_view(change, builds) for change in changes], "next": asked.next(reached)}


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
