"""The tables of jobs in memory, with all that a rebuild asks of them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline_health.domain.jobs import CountedJob, Job, JobMoves, Place, moved
from pipeline_health.flows.aggregation import Contended, Record
from pipeline_health.flows.jobs import KnownJob, KnownRun
from pipeline_health.flows.rebuild_jobs import Mended
from tests.jobs import PIPELINE, RUN, MemoryJobs, record_of_build

Key = tuple[str, int, int]


def key_of(job: Job) -> Key:
    return job.run_id, job.attempt, job.id


@dataclass
class Tables(MemoryJobs):
    """Read one item at a time; and a transaction's items are seen one after the other, as DynamoDB may show
    them. Whoever comes to write to them meanwhile is refused.
    """

    revisions: Counter[Place] = field(default_factory=Counter)
    taken: set[Key | Place] = field(default_factory=set)
    jobs_first: bool = False

    def known(self, run_id: str) -> KnownRun:
        jobs = []
        for key in sorted(key for key in self.jobs if key[0] == run_id):
            self._request("known")
            jobs.append(self.jobs[key])
        self._request("known")
        return KnownRun(run_id, self.pipelines.get(run_id), tuple(jobs))

    def count(self, jobs: Sequence[tuple[KnownJob, CountedJob]]) -> None:
        self._request("count")
        moves = moved((known.counted, counted) for known, counted in jobs)
        touched: set[Key | Place] = {*moves, *(key_of(known.job) for known, _ in jobs)}
        for known, _ in jobs:
            stored = self.jobs[key_of(known.job)]
            if stored.version != known.version or not stored.is_news or touched & self.taken:
                raise Contended
        self.taken |= touched
        steps: list[Callable[[], None]] = [lambda: self._add(moves), lambda: self._settle(jobs)]
        first, second = reversed(steps) if self.jobs_first else steps
        first()
        self.before()
        second()
        self.taken -= touched

    def _add(self, moves: JobMoves) -> None:
        self._move(moves)
        self.revisions.update(moves.keys())

    def _settle(self, jobs: Sequence[tuple[KnownJob, CountedJob]]) -> None:
        for known, counted in jobs:
            key = key_of(known.job)
            self.jobs[key] = replace(self.jobs[key], counted=counted, is_news=False)

    def runs(self, pipeline_id: str) -> Mapping[str, Sequence[Record]]:
        self._request("runs")
        return {RUN: [record_of_build()]} if pipeline_id == PIPELINE else {}

    def doubt(self, known: KnownJob) -> list[str]:
        self._request("doubt")
        key = key_of(known.job)
        if self.jobs[key] != known or key in self.taken:
            return []
        self.jobs[key] = replace(known, is_news=True)
        return [f"{key}"]

    def numbers(self, pipeline_id: str, first: int) -> Mapping[Place, tuple[Counter[str], int]]:
        found = {}
        for place in sorted(self.moves, key=str):
            self._request("numbers")
            found[place] = Counter(self.moves[place]), self.revisions[place]
        return {at: found[at] for at in found if at.pipeline_id == pipeline_id and at.day >= first}

    def mend(self, should: JobMoves, there: Mapping[Place, Any]) -> Mended:
        mended = Mended()
        for place in sorted(should.keys() | there.keys(), key=str):
            counters, revision = there.get(place, (Counter(), 0))
            difference = Counter(should.get(place, {}))
            difference.subtract(counters)
            if any(difference.values()):
                self._request("mend")
                if self.revisions[place] == revision and place not in self.taken:
                    self._add({place: difference})
                    mended.differences.append(f"{place}")
                else:
                    mended.moved += 1
        return mended
