"""What a share of all builds counted, hour by hour, day by day and week by week, as flows are given it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from pipeline_health.domain.aggregates import Scope
from pipeline_health.domain.window import Kind, Window


class Counts(Protocol):
    """Of one aggregate, as they are stored. Equal to another's where they count the same."""

    def __len__(self) -> int: ...
    def items(self) -> Iterable[tuple[str, int]]: ...


NOTHING: Final[Counts] = dict[str, int]()


@dataclass(frozen=True)
class Share:
    """What counts in a scope: all of it, or the builds of default branches only."""

    scope: Scope
    default_only: bool = False

    @property
    def place(self) -> tuple[str | int, ...]:
        """Strings and numbers, which are looked up faster than it is itself."""
        return self.scope.repo, self.scope.pipeline_id, self.scope.branch, self.default_only


@dataclass(frozen=True)
class Aggregates:
    """The counters of one share by hour, day and week, as they are stored; without what counted nothing."""

    hours: Mapping[int, Counts] = field(default_factory=dict)
    days: Mapping[int, Counts] = field(default_factory=dict)
    weeks: Mapping[int, Counts] = field(default_factory=dict)

    def total(self, window: Window) -> dict[str, int]:
        """Both halves apart, bins packed."""
        total: dict[str, int] = {}
        for counts, (_, _, sign) in zip(self.terms(window), window.terms, strict=True):
            for name, value in counts.items():
                total[name] = total.get(name, 0) + sign * value
        return total

    def terms(self, window: Window) -> list[Counts]:
        """All that it is made of, in the order of the window's own terms."""
        by: Mapping[Kind, Mapping[int, Counts]] = {
            "hours": self.hours,
            "days": self.days,
            "weeks": self.weeks,
        }
        return [by[kind].get(number, NOTHING) for kind, number, _ in window.terms]
