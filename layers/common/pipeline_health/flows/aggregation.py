"""What counting rests on: the stores it reads and writes, and how they fail."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline_health.domain.build import Build
from pipeline_health.domain.counting import Outcome
from pipeline_health.domain.events import BuildEvent
from pipeline_health.domain.ledger import Known, Stored
from pipeline_health.domain.timeline import Entry, Reach, Segment

Record = Mapping[str, Any]


class Contended(Exception):
    """Somebody else wrote to the same items; reading again heals it."""


class TooMany(Exception):
    """The group moves more items than one transaction holds; smaller groups do."""


class Unstorable(Exception):
    """The table will never take this, however often it is tried."""


@dataclass(frozen=True)
class Wanted:
    """What must be known of a pipeline to count a group of its builds."""

    runs: frozenset[str]
    branches: frozenset[str]

    @classmethod
    def by(cls, group: Iterable[Stored]) -> "Wanted":
        builds = [stored.build for stored in group]
        named = {name for build in builds for name in (build.branch, build.default_branch) if name}
        return cls(frozenset(build.run for build in builds), frozenset(named))


class Counts(Protocol):
    """The metrics table."""

    def known(self, wanted: Mapping[str, Wanted], default_names: frozenset[str]) -> dict[str, Known]: ...
    def reach(self, pipeline_id: str, branch: str, first: str, last: str) -> Reach: ...
    def entries(self, pipeline_id: str, branch: str, segment: Segment) -> Iterable[Entry]: ...
    def write(self, outcome: Outcome) -> None: ...


class Builds(Protocol):
    """The builds themselves."""

    def get(self, build_id: str) -> Build | None: ...


class Topic(Protocol):
    """Where build events are told."""

    def publish(self, events: list[BuildEvent]) -> None: ...


class Aside(Protocol):
    """Where a record goes that can never be counted as it is, whole, to be replayed after a fix."""

    def keep(self, record: Record, reason: str) -> None: ...


@dataclass(frozen=True)
class Aggregation:
    """The flow with its stores. `read` makes a build of a stream record, None of one that is not for us;
    it raises ValueError on a record that can not be read. `pause(n)` waits a little before the nth retry.
    """

    counts: Counts
    builds: Builds
    topic: Topic
    aside: Aside
    read: Callable[[Record], Stored | None]
    pause: Callable[[int], None]
    default_names: frozenset[str]
