"""What a window says of each of some pipelines: its figures, those of the window before, whether it is flaky.

Windows move by the hour, and every build that counts moves its pipeline's lock (docs/adr/0001-ledger.md):
what was told stays true until either does, so a process reads only the pipelines that built since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline_health.domain.figures import Figures, figures
from pipeline_health.domain.flaky import LOOK_BACK, Verdict
from pipeline_health.domain.kept import Kept
from pipeline_health.domain.times import DAY
from pipeline_health.domain.window import Window
from pipeline_health.flows.metrics import RowCounts, RowsStore

MOST = 4_000  # answers of some 8 KB: four windows of a thousand pipelines


@dataclass(frozen=True)
class Asked:
    window: Window
    default_only: bool = False


@dataclass(frozen=True)
class Told:
    figures: Figures
    before: Figures
    flaky: Verdict


@dataclass(frozen=True)
class PipelineNumbers:
    """`flaky_commits` in seven days are too many."""

    store: RowsStore
    flaky_commits: int
    kept: Kept[tuple[str, Asked], Told] = field(default_factory=lambda: Kept(MOST))

    def of(self, locks: Mapping[str, int], known: int, asked: Asked) -> list[Told]:
        """Of the pipelines with these locks, which must have been read before, in their order. There are
        `known` in all; 0 where nobody counted them.
        """
        kept = {one: self.kept.get((one, asked), lock) for one, lock in locks.items()}
        new = self._read([one for one, told in kept.items() if told is None], known, asked)
        for one, told in new.items():
            self.kept.put((one, asked), locks[one], told)
        return [told or new[one] for one, told in kept.items()]

    def _read(self, ids: Sequence[str], known: int, asked: Asked) -> dict[str, Told]:
        window, last_day = asked.window, (asked.window.end_at - 1) // DAY
        days = range((window.end_at - LOOK_BACK) // DAY, last_day + 1)
        both = [window, window.before]
        read = self.store.rows(ids, known, both, days, default_only=asked.default_only) if ids else []
        return {one: self._told(window, counted) for one, counted in zip(ids, read, strict=True)}

    def _told(self, window: Window, counted: RowCounts) -> Told:
        in_window, before = (figures(total, window.hours) for total in counted.totals)
        return Told(in_window, before, Verdict.of(counted.concluded, window.end_at, self.flaky_commits))
