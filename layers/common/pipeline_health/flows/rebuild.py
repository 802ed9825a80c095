"""Everything that was counted, held against the builds while more of them arrive; what differs is mended.

A pipeline is read under its lock and mended only where nobody moved that since. What several pipelines share
(everything, a repository), and the aggregates that stand together for all of them, are compared while no lock
moves, the latter some weeks at a time; the difference may then be added at any time, because whatever is
counted meanwhile moves both sides alike.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from pipeline_health.domain.aggregates import Moves
from pipeline_health.domain.ledger import uncounted
from pipeline_health.domain.times import HOUR
from pipeline_health.domain.truth import Truth, truth_of
from pipeline_health.domain.window import HOURS_A_WEEK, Window
from pipeline_health.flows.aggregate import PATIENCE
from pipeline_health.flows.aggregation import Aggregation, Contended, Wanted
from pipeline_health.flows.recount import AllBuilds, recount_pipeline


class Audited(Protocol):
    """The metrics table, as far as it is held against the builds. Hours before `since` are left alone."""

    def whole(self, pipeline_id: str, runs: Iterable[str]) -> Truth: ...
    def mend(self, truth: Truth, stored: Truth, since: int) -> list[str]: ...
    def mend_shared(self, moves: Moves, since: int, *, unless: Callable[[], bool]) -> list[str] | None: ...
    def mend_pipelines(
        self, moves: Moves, span: Window, *, unless: Callable[[], bool]
    ) -> list[str] | None: ...
    def locks(self) -> dict[str, int]: ...


@dataclass
class Report:
    """`counted`: builds that had not been counted; `differences`: what else was wrong, each mended."""

    pipelines: int = 0
    counted: int = 0
    differences: list[str] = field(default_factory=list)


@dataclass
class _Share:
    """What a pipeline moved in all, as of a state of its lock."""

    lock: int
    moves: Moves


TRIES: Final = PATIENCE


SPAN: Final = 4 * HOURS_A_WEEK  # little enough to be read while nothing is counted


def rebuild(builds: AllBuilds, table: Audited, to: Aggregation, since: int, until: int) -> Report:
    """Numbers of hours before `since` (an instant, the start of a week) are left as they are; so are those of
    pipelines behind the week of `until`.
    """
    look = _Look(builds, table, to, since)
    for pipeline_id in builds.pipelines():
        look.at(pipeline_id)
    look.report.pipelines = len(look.shares)
    look.steadily(lambda moved: table.mend_shared(_shared(look.shares), since, unless=moved))
    for span in _spans(since, until):
        look.steadily(partial(_mend_pipelines, look, span))
    return look.report


def _mend_pipelines(look: "_Look", span: Window, moved: Callable[[], bool]) -> list[str] | None:
    return look.table.mend_pipelines(_within(look.shares, span), span, unless=moved)


def _spans(since: int, until: int) -> Iterator[Window]:
    end = (until // HOUR // HOURS_A_WEEK + 1) * HOURS_A_WEEK
    for start in range(since // HOUR, end, SPAN):
        yield Window(start, min(start + SPAN, end))


@dataclass
class _Look:
    """At all pipelines, one after the other; `shares` are what was found right of each."""

    builds: AllBuilds
    table: Audited
    to: Aggregation
    since: int
    report: Report = field(default_factory=Report)
    shares: dict[str, _Share] = field(default_factory=dict)

    def at(self, pipeline_id: str) -> None:
        for retry in range(TRIES):
            self.report.counted += recount_pipeline(pipeline_id, self.builds, self.to)
            try:
                stored, truth = self._compared(pipeline_id)
                found = self.table.mend(truth, stored, self.since)
            except Contended:
                self.to.pause(retry)
            else:
                self.report.differences += found
                self.shares[pipeline_id] = _Share(truth.card.lock + bool(found), truth.moves)
                return
        raise Contended(f"builds of {pipeline_id} arrive too fast; try again later")

    def _compared(self, pipeline_id: str) -> tuple[Truth, Truth]:
        """What is stored and what should be, both of one state of the pipeline."""
        names = self.to.default_names
        before = self.to.counts.known({pipeline_id: Wanted(frozenset(), frozenset())}, names)[pipeline_id]
        present = list(self.builds.of(pipeline_id))
        stored = self.table.whole(pipeline_id, {each.build.run for each in present})
        if stored.card.lock != before.card.lock or uncounted(present, stored.known):
            raise Contended
        return stored, truth_of(present, stored, names) if present else stored

    def steadily(self, mend: Callable[[Callable[[], bool]], list[str] | None]) -> None:
        """While no lock moves; whatever moved meanwhile is looked at again first."""
        for retry in range(TRIES):
            for pipeline_id, lock in self.table.locks().items():
                if pipeline_id not in self.shares or self.shares[pipeline_id].lock != lock:
                    self.at(pipeline_id)
            found = mend(self._moved)
            if found is not None:
                self.report.differences += found
                return
            self.to.pause(retry)
        raise Contended("builds arrive too fast for a look at all of them at once; try again later")

    def _moved(self) -> bool:
        return self.table.locks() != {pipeline_id: share.lock for pipeline_id, share in self.shares.items()}


def _shared(shares: Mapping[str, _Share]) -> Moves:
    """In the scopes that are no single pipeline's."""
    moves: Moves = {}
    for share in shares.values():
        for (scope, hour), counters in share.moves.items():
            if not scope.pipeline_id:
                moves.setdefault((scope, hour), Counter()).update(counters)
    return moves


def _within(shares: Mapping[str, _Share], span: Window) -> Moves:
    """In the pipelines' own scopes."""
    return {
        (scope, hour): counters
        for share in shares.values()
        for (scope, hour), counters in share.moves.items()
        if scope.pipeline_id and not scope.branch and span.start <= hour < span.end
    }
