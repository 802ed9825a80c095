"""Everything that was counted, held against the builds while more of them arrive; what differs is mended.

A pipeline is read under its lock and mended only where nobody moved that since. What several pipelines share
(everything, a repository) is compared while no lock moves; its difference may then be added at any time,
because whatever is counted meanwhile moves both sides alike.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from pipeline_health.domain.aggregates import Moves
from pipeline_health.domain.ledger import uncounted
from pipeline_health.domain.truth import Truth, truth_of
from pipeline_health.flows.aggregate import PATIENCE
from pipeline_health.flows.aggregation import Aggregation, Contended, Wanted
from pipeline_health.flows.recount import AllBuilds, recount_pipeline


class Audited(Protocol):
    """The metrics table, as far as it is held against the builds. Hours before `since` are left alone."""

    def whole(self, pipeline_id: str, runs: Iterable[str]) -> Truth: ...
    def mend(self, truth: Truth, stored: Truth, since: int) -> list[str]: ...
    def mend_shared(self, moves: Moves, since: int, *, unless: Callable[[], bool]) -> list[str] | None: ...
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


def rebuild(builds: AllBuilds, table: Audited, to: Aggregation, since: int) -> Report:
    """Numbers of hours before `since` (an instant, the start of a week) are left as they are."""
    report, shares = Report(), dict[str, _Share]()
    for pipeline_id in builds.pipelines():
        shares[pipeline_id] = _pipeline(pipeline_id, builds, table, to, since, report)
    report.pipelines = len(shares)
    for retry in range(TRIES):
        for pipeline_id, lock in table.locks().items():
            if pipeline_id not in shares or shares[pipeline_id].lock != lock:
                shares[pipeline_id] = _pipeline(pipeline_id, builds, table, to, since, report)
        found = table.mend_shared(_shared(shares), since, unless=lambda: _moved(table.locks(), shares))
        if found is not None:
            report.differences += found
            return report
        to.pause(retry)
    raise Contended("builds arrive too fast for a look at all of them at once; try again later")


def _moved(locks: Mapping[str, int], shares: Mapping[str, _Share]) -> bool:
    return locks != {pipeline_id: share.lock for pipeline_id, share in shares.items()}


def _pipeline(  # noqa: PLR0917  # one private place
    pipeline_id: str, builds: AllBuilds, table: Audited, to: Aggregation, since: int, report: Report
) -> _Share:
    for retry in range(TRIES):
        report.counted += recount_pipeline(pipeline_id, builds, to)
        try:
            stored, truth = _compared(pipeline_id, builds, table, to)
            found = table.mend(truth, stored, since)
        except Contended:
            to.pause(retry)
        else:
            report.differences += found
            return _Share(truth.card.lock + bool(found), truth.moves)
    raise Contended(f"builds of {pipeline_id} arrive too fast; try again later")


def _compared(pipeline_id: str, builds: AllBuilds, table: Audited, to: Aggregation) -> tuple[Truth, Truth]:
    """What is stored and what should be, both of one state of the pipeline."""
    before = to.counts.known({pipeline_id: Wanted(frozenset(), frozenset())}, to.default_names)[pipeline_id]
    present = list(builds.of(pipeline_id))
    stored = table.whole(pipeline_id, {each.build.run for each in present})
    if stored.card.lock != before.card.lock or uncounted(present, stored.known):
        raise Contended
    return stored, truth_of(present, stored, to.default_names) if present else stored


def _shared(shares: Mapping[str, _Share]) -> Moves:
    """In the scopes that are no single pipeline's."""
    moves: Moves = {}
    for share in shares.values():
        for (scope, hour), counters in share.moves.items():
            if not scope.pipeline_id:
                moves.setdefault((scope, hour), Counter()).update(counters)
    return moves
