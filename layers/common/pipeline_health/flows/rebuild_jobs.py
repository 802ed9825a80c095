"""The numbers of jobs, held against the jobs while more of them arrive; what differs is mended.

No lock stands over a pipeline's jobs. But what was counted of a job stands beside it, and the transaction
that writes it there moves the numbers by as much, and the revision of every number that it moves. So numbers
are read first, and jobs after them: of a number that still has the revision it was read with, no job came or
went in between, and what stands beside the jobs, though they were read one after the other, adds up to what
it should be. On that condition it is mended; where it does not hold, all is read again.

A transaction's items may be seen one after the other, its numbers already and its jobs not yet:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation
Such a job reads as not counted yet. So it is counted here before it is added up, which ends no sooner than
that transaction does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from pipeline_health.domain.jobs import CountedJob, JobMoves, moved
from pipeline_health.flows.aggregation import Contended, Record
from pipeline_health.flows.jobs import Counting, Jobs, KnownJob, KnownRun, count_jobs

TRIES: Final = 5  # a pipeline whose jobs take long to read is not likelier to stand still at the tenth
Numbers = Mapping[Any, Any]  # as they are stored


@dataclass
class Mended:
    """`differences`: a line each; `moved`: how many numbers somebody moved meanwhile, left as they are."""

    differences: list[str] = field(default_factory=list)
    moved: int = 0


class Runs(Protocol):
    """The builds table."""

    def runs(self, pipeline_id: str) -> Mapping[str, Sequence[Record]]:
        """A pipeline's runs, with records that say so, as the stream would bring them."""


class AuditedJobs(Jobs, Protocol):
    """The jobs and their numbers, as far as these are held against them."""

    def doubt(self, known: KnownJob) -> list[str]:
        """Makes it news again, so that it is counted anew; a line that says so."""

    def numbers(self, pipeline_id: str, first: int) -> Numbers:
        """Those of a pipeline from day `first` on."""

    def mend(self, should: JobMoves, there: Numbers) -> Mended: ...


@dataclass
class JobsReport:
    """`counted`: jobs that had not been counted; `differences`: what else was wrong, each mended; `moving`:
    pipelines of which that cannot be said, because jobs arrived too fast.
    """

    counted: int = 0
    differences: list[str] = field(default_factory=list)
    moving: list[str] = field(default_factory=list)


def rebuild_jobs(
    pipelines: Iterable[str], builds: Runs, table: AuditedJobs, to: Counting, first: int
) -> JobsReport:
    """Numbers of days before `first` are left as they are. `to` counts into the same table."""
    look = _Look(builds, table, to, first)
    for pipeline_id in pipelines:
        look.at(pipeline_id)
    return look.report


@dataclass
class _Look:
    """At all pipelines, one after the other."""

    builds: Runs
    table: AuditedJobs
    to: Counting
    first: int
    report: JobsReport = field(default_factory=JobsReport)

    def at(self, pipeline_id: str) -> None:
        for retry in range(TRIES):
            if self._mended(pipeline_id):
                return
            self.to.pause(retry)
        self.report.moving.append(pipeline_id)

    def _mended(self, pipeline_id: str) -> bool:
        there = self.table.numbers(pipeline_id, self.first)  # before the jobs: see above
        try:
            should = self._counted(pipeline_id)
        except Contended:
            return False
        found = self.table.mend(should, there)
        self.report.differences += found.differences
        return not found.moved

    def _counted(self, pipeline_id: str) -> JobMoves:
        """What the pipeline's jobs add up to, once all of them are counted."""
        beside = (
            known.counted
            for run_id, records in self.builds.runs(pipeline_id).items()
            for known in self._settled(run_id, pipeline_id, records).jobs
        )
        own = ((None, counted) for counted in beside if counted and counted.pipeline_id == pipeline_id)
        return {place: counters for place, counters in moved(own).items() if place.day >= self.first}

    def _settled(self, run_id: str, pipeline_id: str, records: Sequence[Record]) -> KnownRun:
        known = self.table.known(run_id)
        if known.jobs and (known.pipeline_id is None or known.uncounted):
            self.report.counted += count_jobs(records, self.to).counted
            known = self.table.known(run_id)
        if doubtful := _doubtful(known, pipeline_id):
            self.report.differences += [line for each in doubtful for line in self.table.doubt(each)]
            count_jobs(records, self.to)
            known = self.table.known(run_id)
        return known


def _doubtful(known: KnownRun, pipeline_id: str) -> list[KnownJob]:
    """Jobs of which not that was counted which should be: by an older release, say."""
    return [
        each
        for each in known.jobs
        if known.pipeline_id == pipeline_id
        and each.job.status.completed
        and not each.is_news
        and each.counted != CountedJob.of(pipeline_id, each.job)
    ]
