"""What a pipeline has counted in all its life: for tools that want totals which only ever grow.

The totals themselves are always right, and go down where a build is corrected. A tool that sees one go down
takes it for a restart and adds all of it once more (https://prometheus.io/docs/concepts/metric_types/#counter),
so it is told the most that each has ever been, until the total has grown past that again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline_health.domain.aggregates import Moves, Scope, total_of

NAMES: Final = ("success", "failure", "cancelled", "skipped", "timed", "time", "passed", "passed_ms")
Numbers = tuple[int, ...]  # by NAMES
NOTHING: Final = (0,) * len(NAMES)


@dataclass(frozen=True)
class Totals:
    """`counted` is right; `over` is how far above it each was once (empty: nowhere).

    `passed` are the successful builds whose duration is known; `passed_ms` is its sum.
    """

    counted: Numbers = NOTHING
    over: Numbers = ()

    @property
    def told(self) -> dict[str, int]:
        """What never goes down."""
        return dict(zip(NAMES, self._told, strict=True))

    @property
    def _told(self) -> Numbers:
        over = self.over or NOTHING
        return tuple(n + more for n, more in zip(self.counted, over, strict=True))

    def corrected(self, counted: Numbers) -> "Totals":
        over = tuple(max(0, told - n) for told, n in zip(self._told, counted, strict=True))
        return Totals(counted, over if any(over) else ())

    def moved(self, moves: Moves, pipeline_id: str) -> "Totals":
        change = numbers_of(moves_of(moves, pipeline_id))
        return self.corrected(tuple(map(sum, zip(self.counted, change, strict=True))))


def moves_of(moves: Moves, pipeline_id: str) -> Iterable[Mapping[str, int]]:
    scope = Scope(pipeline_id=pipeline_id)
    return [counters for (moved, _), counters in moves.items() if moved == scope]


def numbers_of(aggregates: Iterable[Mapping[str, int]]) -> Numbers:
    """Of a pipeline's aggregates or of what is added to them; a duration is in one bin of their sketch."""
    total = Counter(total_of(aggregates))
    total["passed"] = sum(n for name, n in total.items() if name[0] == "t" and name[1:].isdigit())
    return tuple(total[name] for name in NAMES)
