"""The builds table's jobs in memory, and their numbers by brute force."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from pipeline_health.domain.build import Status
from pipeline_health.domain.jobs import CountedJob, Job, JobMoves, Place, Step
from pipeline_health.domain.sketch import bin_of
from pipeline_health.flows.aggregation import Contended, Record
from pipeline_health.flows.jobs import Attempt, KnownJob, KnownRun, News

DAY = 86_400_000
START = 1_795_435_200_000  # 2026-11-23T12:00:00Z
PIPELINE = "github.77.4242"
RUN = "github.77.9"


def a_job(number: int = 1, status: Status = Status.SUCCESS, **said: Any) -> Job:
    """Queued at START, started 10 s later, completed after a minute."""
    facts: dict[str, Any] = {
        "run_id": RUN,
        "id": number,
        "name": f"job {number}",
        "status": status,
        "created_at": START,
        "started_at": None if status is Status.QUEUED else START + 10_000,
        "completed_at": START + 70_000 if status.completed else None,
    }
    return Job.model_validate(facts | said)


def failed_at(number: int, name: str) -> Step:
    return Step(number=number, name=name, conclusion="failure")


def nothing() -> None:
    """Nobody else does anything meanwhile."""


@dataclass
class BuildRow:
    first_job_at: int | None = None
    revision: int = 1


@dataclass
class MemoryJobs:
    """Behaves as the tables do. `before` is called before every request: others may come first."""

    before: Callable[[], None] = nothing
    jobs: dict[tuple[str, int, int], KnownJob] = field(default_factory=dict)
    pipelines: dict[str, str] = field(default_factory=dict)
    builds: dict[str, BuildRow] = field(default_factory=dict)
    moves: JobMoves = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)

    def seen_by(self, before: Callable[[], None]) -> Self:
        """The same tables, as another worker sees them."""
        return replace(self, before=before)

    def _request(self, name: str) -> None:
        self.before()
        self.requests[name] += 1

    def deliver(self, job: Job, version: str) -> bool:
        """As ingest records it."""
        self._request("deliver")
        key = (job.run_id, job.attempt, job.id)
        known = self.jobs.get(key)
        if known and known.version >= version:
            return False
        news = job.status is not Status.QUEUED or (known is not None and known.is_news)
        self.jobs[key] = KnownJob(job, version, known.counted if known else None, is_news=news)
        return True

    def store_build(self, build_id: str) -> None:
        self._request("store_build")
        self.builds.setdefault(build_id, BuildRow())

    def belong(self, runs: Iterable[News]) -> None:
        found = {news.run_id: str(news.pipeline_id) for news in runs}
        if found:
            self._request("belong")
            self.pipelines |= found

    def known(self, run_id: str) -> KnownRun:
        self._request("known")
        jobs = tuple(known for (of, _, _), known in sorted(self.jobs.items()) if of == run_id)
        return KnownRun(run_id, self.pipelines.get(run_id), jobs)

    def start(self, attempt: Attempt, at: int | None, now: int) -> bool:
        self._request("start")
        row = self.builds.get(attempt.build_id)
        if row is None or row.first_job_at == at:
            return False
        row.first_job_at, row.revision = at, row.revision + 1
        return True

    def count(self, jobs: Sequence[tuple[KnownJob, CountedJob]]) -> None:
        self._request("count")
        for known, _ in jobs:
            stored = self.jobs[known.job.run_id, known.job.attempt, known.job.id]
            if stored.version != known.version or not stored.is_news:
                raise Contended
        for known, counted in jobs:
            key = (known.job.run_id, known.job.attempt, known.job.id)
            self.jobs[key] = replace(self.jobs[key], counted=counted, is_news=False)
            self._move(known.counted.moves(-1) if known.counted else {})
            self._move(counted.moves())

    def _move(self, moves: JobMoves) -> None:
        for place, counters in moves.items():
            self.moves.setdefault(place, Counter()).update(counters)

    @property
    def totals(self) -> JobMoves:
        return settled(self.moves)


def settled(moves: JobMoves) -> JobMoves:
    found = {place: Counter({n: v for n, v in some.items() if v}) for place, some in moves.items()}
    return {place: counters for place, counters in found.items() if counters}


def expected(jobs: Iterable[Job], pipeline_id: str = PIPELINE) -> JobMoves:
    """From the jobs as they ended alone, in the words of docs/numbers.md."""
    totals: JobMoves = {}
    for job in jobs:
        if not job.status.completed or job.completed_at is None:
            continue
        place = Place(pipeline_id, job.completed_at // DAY, job.name)
        total = totals.setdefault(place, Counter())
        total[job.status.value] += 1
        if job.started_at is not None and job.created_at is not None:
            waited = max(0, job.started_at - job.created_at)
            total.update({"queue_ms": waited, f"q{bin_of(waited)}": 1})
        if job.status is Status.SUCCESS and job.started_at is not None:
            took = max(0, job.completed_at - job.started_at)
            total.update({"passed_ms": took, f"t{bin_of(took)}": 1})
        if job.status is Status.FAILURE and job.failing_step:
            step = job.failing_step
            totals.setdefault(replace(place, step=step.name, number=step.number), Counter())["failure"] += 1
    return settled(totals)


def expected_start(jobs: Iterable[Job], attempt: int = 1) -> int | None:
    started = [job.started_at for job in jobs if job.attempt == attempt and job.started_at is not None]
    return min(started) if started else None


def record_of(job: Job) -> Record:
    return {"news": News(job.run_id, job.attempt)}


def record_of_build(attempt: int = 1, run_id: str = RUN, pipeline_id: str = PIPELINE) -> Record:
    return {"news": News(run_id, attempt, pipeline_id)}


def read(record: Record) -> News:
    news: News = record["news"]
    return news
