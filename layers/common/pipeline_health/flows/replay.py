"""What was set aside goes the way of every record again, once what was wrong is mended."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation, Aside, Record
from pipeline_health.flows.jobs import Counting, count_jobs


@dataclass(frozen=True)
class Kept:
    """A record that was set aside, under its name there."""

    name: str
    record: Record
    reason: str


class SetAside(Protocol):
    def all(self) -> Iterable[Kept]: ...
    def remove(self, name: str) -> None: ...


@dataclass
class Replayed:
    """How many were counted (or known by now), and why the others were not."""

    done: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Again:
    """Where a record lands that is still bad: it stays where it is."""

    reasons: list[str] = field(default_factory=list)

    def keep(self, _: Record, reason: str) -> None:
        self.reasons.append(reason)


def replay(aside: SetAside, to: Aggregation) -> Replayed:
    return _replay(aside, lambda record, again: aggregate([record], replace(to, aside=again)))


def replay_jobs(aside: SetAside, to: Counting) -> Replayed:
    return _replay(aside, lambda record, again: count_jobs([record], replace(to, aside=again)))


def _replay(aside: SetAside, flow: Callable[[Record, Aside], object]) -> Replayed:
    """Each by itself, and removed only once it is counted: to be stopped and started again at any time."""
    replayed = Replayed()
    for kept in aside.all():
        again = _Again()
        flow(kept.record, again)
        if again.reasons:
            replayed.refused.append((kept.name, again.reasons[0]))
        else:
            aside.remove(kept.name)
            replayed.done += 1
    return replayed
