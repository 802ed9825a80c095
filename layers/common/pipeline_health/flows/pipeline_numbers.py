"""What a window says of each of some pipelines: its figures, those of the window before, whether it is flaky.

Windows move by the hour, and every build that counts moves its pipeline's lock (docs/adr/0001-ledger.md):
what was told stays true until either does, so a process reads only the pipelines that built since.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipeline_health.domain.figures import Figures, figures
from pipeline_health.domain.flaky import LOOK_BACK, Verdict
from pipeline_health.domain.kept import Kept
from pipeline_health.domain.times import DAY
from pipeline_health.domain.window import Window
from pipeline_health.flows.metrics import RowCounts, RowsStore

MOST = 4_000  # answers of some 8 KB: four windows of a thousand pipelines


class Standing(Protocol):
    """Of a pipeline: see Card."""

    @property
    def pipeline_id(self) -> str: ...
    @property
    def lock(self) -> int: ...
    @property
    def until(self) -> int: ...


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

    def of(self, pipelines: Sequence[Standing], known: int, asked: Asked) -> list[Told]:
        """In their order. There are `known` in all; 0 where nobody counted them."""
        kept = [self.kept.get((each.pipeline_id, asked), each.lock) for each in pipelines]
        new = [each for each, told in zip(pipelines, kept, strict=True) if told is None]
        read = iter(self._read(new, known, asked) if new else ())
        return [told or next(read) for told in kept]

    def _read(self, pipelines: Sequence[Standing], known: int, asked: Asked) -> Iterator[Told]:
        window = asked.window
        days = range((window.end_at - LOOK_BACK) // DAY, (window.end_at - 1) // DAY + 1)
        both = [window.as_read(each.until for each in pipelines), window.before]
        ids = [each.pipeline_id for each in pipelines]
        read = self.store.rows(ids, known, both, days, default_only=asked.default_only)
        for each, counted in zip(pipelines, read, strict=True):
            told = self._told(window, counted)
            self.kept.put((each.pipeline_id, asked), each.lock, told)
            yield told

    def _told(self, window: Window, counted: RowCounts) -> Told:
        in_window, before = (figures(total, window.hours) for total in counted.totals)
        return Told(in_window, before, Verdict.of(counted.concluded, window.end_at, self.flaky_commits))
