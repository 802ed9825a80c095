"""An Alert: a change of a branch's head that somebody wants to be told of."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pipeline_health.domain.build import Build
from pipeline_health.domain.events import BuildEvent, Change


@dataclass(frozen=True)
class Alert:
    """One change as it is told. `since` is the instant the branch broke, `streak` how many conclusive builds
    in a row, this one included, ended as this one did.
    """

    change: Change
    build: Build
    default: bool
    flip: int
    since: int
    streak: int

    @property
    def identity(self) -> tuple[str, ...]:
        """What is told once: each flip of a branch, and each further failing build after it."""
        flip = (self.build.pipeline_id, self.build.branch, str(self.flip))
        return (*flip, self.build.id) if self.change is Change.STILL_FAILING else flip

    @property
    def at(self) -> int:
        """When it happened: the completion of the build that made it."""
        return self.build.completed_at or 0

    @property
    def broken_for(self) -> int:
        """Milliseconds the branch had been broken when it happened; of a fixed one, how long it took."""
        return max(0, self.at - self.since)


class Silence(StrEnum):
    """Why an alert is not told at all."""

    STILL_FAILING = "still_failing"
    OTHER_BRANCH = "other_branch"
    TOO_OLD = "too_old"


@dataclass(frozen=True)
class Wishes:
    """Which alerts are told; `max_age` in milliseconds keeps a backfill of old builds quiet."""

    every_failure: bool
    every_branch: bool
    max_age: int


def alerts_in(events: Iterable[BuildEvent]) -> list[Alert]:
    """The events that are changes, in their order; one that is told again in the same breath counts once."""
    alerts = (
        Alert(event.change, event.build, event.default, event.flip, _since(event), event.streak)
        for event in events
        if event.change is not None
    )
    return list({alert.identity: alert for alert in alerts}.values())


def silence(alert: Alert, wishes: Wishes, now: int) -> Silence | None:
    """Why this one is not told, None when it is."""
    if alert.change is Change.STILL_FAILING and not wishes.every_failure:
        return Silence.STILL_FAILING
    if not (alert.default or wishes.every_branch):
        return Silence.OTHER_BRANCH
    if now - alert.at > wishes.max_age:
        return Silence.TOO_OLD
    return None


def _since(event: BuildEvent) -> int:
    return event.since or event.build.completed_at or 0
