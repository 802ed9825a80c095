"""A pipeline with the figures of a window and of the one before, and the orders that they put a list into."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pipeline_health.domain.figures import Figures
from pipeline_health.domain.flaky import Verdict
from pipeline_health.domain.named import Named, Sort
from pipeline_health.domain.slower import slower

Number = float | None


@dataclass(frozen=True)
class Row:
    pipeline: Named
    figures: Figures
    before: Figures
    flaky: Verdict

    @cached_property
    def slower(self) -> bool | None:
        return slower(self.figures, self.before)


def _slower(row: Row) -> Number:
    """By how many seconds p95 grew, those that are slower above all others; None where nobody can tell."""
    if row.slower is None:
        return None
    grown: float = row.figures["duration"]["p95"] - row.before["duration"]["p95"]
    return grown + _ABOVE if row.slower else grown


_ABOVE: Final = 10.0**9  # more than any build takes in seconds, or than anybody commits
# What each order goes by, the least first.
_BY: Final[Mapping[Sort, Callable[[Row], Number]]] = {
    Sort.SUCCESS_RATE: lambda row: row.figures["success_rate"],
    Sort.BUILDS: lambda row: -sum(row.figures["builds"].values()),
    Sort.DURATION: lambda row: _most(row.figures["duration"]["p95"]),
    Sort.RECOVERY: lambda row: _most(row.figures["recovery"]["mean"]),
    Sort.SLOWER: lambda row: _most(_slower(row)),
    Sort.FLAKY: lambda row: -len(row.flaky.flaky) - _ABOVE * row.flaky.flagged,
}


def _most(number: Number) -> Number:
    return None if number is None else -number


def is_by_figures(sort: Sort) -> bool:
    return sort in _BY


def ranked(rows: Iterable[Row], by: Sort) -> list[Row]:
    """Those without the figure last, and equal ones by name."""

    def rank(row: Row) -> tuple[bool, float, tuple[str, str, str]]:
        number = _BY[by](row)
        return number is None, number or 0, row.pipeline.label

    return sorted(rows, key=rank)
