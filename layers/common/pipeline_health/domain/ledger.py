"""What was counted before, asked of the ledger: which builds are new to it, and what they shift.

Exactly once: what was counted for an attempt stands in its run's ledger, and the aggregates move by the
difference between what it should contribute and what was counted. A build seen again moves nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline_health.domain.aggregates import Counted, Run
from pipeline_health.domain.build import Build
from pipeline_health.domain.events import BuildEvent
from pipeline_health.domain.pipeline import Branch, Card
from pipeline_health.domain.timeline import Entry, Shift, entry_of


@dataclass(frozen=True)
class Stored:
    """A build as the table's stream shows it; `revision` counts the writes to it."""

    build: Build
    revision: int


@dataclass(frozen=True)
class Known:
    """What is stored of one pipeline, as far as a group of its builds needs it.

    `builds` are those that the group does not hold but its card will head: see `counting.head_wanted`.
    """

    card: Card
    runs: Mapping[str, Run]
    branches: Mapping[str, Branch]
    builds: tuple[Build, ...] = ()

    def counted(self, build: Build) -> Counted | None:
        return self.runs.get(build.run, {}).get(build.attempt)

    def branch(self, name: str) -> Branch:
        return self.branches.get(name, Branch(name))


def newest_of(group: Iterable[Stored]) -> list[Stored]:
    """The latest revision of each build, oldest completed first."""
    latest: dict[str, Stored] = {}
    for stored in group:
        known = latest.get(stored.build.id)
        if known is None or stored.revision > known.revision:
            latest[stored.build.id] = stored
    return sorted(latest.values(), key=lambda s: (s.build.completed_at or s.build.at, s.build.id))


def uncounted(group: Iterable[Stored], known: Known) -> list[Stored]:
    """Those the ledger has not seen yet, or only in an earlier revision."""
    counted = ((stored, known.counted(stored.build)) for stored in group)
    return [stored for stored, before in counted if before is None or before.revision < stored.revision]


def told_already(group: Iterable[Stored], known: Known) -> list[BuildEvent]:
    """The events of builds that were counted before: told again, since a crash may have come in between."""
    counted = ((stored, known.counted(stored.build)) for stored in group)
    return [
        event_of(stored, before)
        for stored, before in counted
        if before and before.revision == stored.revision
    ]


def event_of(stored: Stored, counted: Counted) -> BuildEvent:
    return BuildEvent(
        build=stored.build.model_copy(update={"logs": None}),
        revision=counted.revision,
        default=counted.default,
        change=counted.change,
        flip=counted.flip,
        since=counted.since,
        streak=counted.streak,
    )


def shifts_of(fresh: Iterable[Stored], known: Known, default_names: frozenset[str]) -> dict[str, Shift]:
    """By branch, what these builds change on its timeline."""
    shifts: dict[str, Shift] = {}
    for stored in fresh:
        build, before = stored.build, known.counted(stored.build)
        old = _entry_before(build, before) if before else None
        new = entry_of(build, build.is_default(default_names))
        if before and old and (old != new or before.branch != build.branch):
            shifts.setdefault(before.branch, Shift()).removed.append(old.key)
            old = None
        if new and not old:
            shifts.setdefault(build.branch, Shift()).added.append(new)
    return shifts


def _entry_before(build: Build, counted: Counted) -> Entry | None:
    """Where the build stood on a timeline as it was counted."""
    then = {name: getattr(counted, name) for name in ("status", "repo", "started_at", "completed_at")}
    return entry_of(build.model_copy(update=then), counted.default)
