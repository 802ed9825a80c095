"""A Job: a part of a build, as GitHub Actions tells of it. Jobs never count as builds.

They say when a build's first job started (how long the build waited), and which job fails at which step.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from pipeline_health.domain.build import Instant, Name, Status, Url
from pipeline_health.domain.sketch import bin_of
from pipeline_health.domain.times import DAY

Number = Annotated[int, Field(ge=1, lt=10**15)]
LONGEST: Final = 400 * DAY  # as a build's duration


class Step(BaseModel):
    """A step of a job: the one at which it failed."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    number: Annotated[int, Field(ge=0, lt=10**6)]
    name: Name
    conclusion: Name


class Job(BaseModel):
    """`started_at` is when a machine began to work on it: a job that only waits, or that was skipped or
    cancelled before, has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    run_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{1,200}$")]
    attempt: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    id: Number
    name: Name
    status: Status
    conclusion: Name | None = None
    created_at: Instant | None = None
    started_at: Instant | None = None
    completed_at: Instant | None = None
    url: Url | None = None
    failing_step: Step | None = None

    @property
    def queue_ms(self) -> int | None:
        return _between(self.created_at, self.started_at)

    @property
    def duration_ms(self) -> int | None:
        return _between(self.started_at, self.completed_at)


def _between(start: int | None, end: int | None) -> int | None:
    return None if start is None or end is None else min(max(0, end - start), LONGEST)


class JobSighting(BaseModel):
    """What one delivery says of a job; the greater `version` describes it, as with builds."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    job: Job
    version: str


def run_id_of(provider: str, repository: str, run: str) -> str:
    """A run over all of its attempts, by what a job knows of it: not which pipeline it belongs to."""
    return f"{provider}.{repository}.{run}"


def first_start(jobs: Iterable[Job], attempt: int) -> int | None:
    """When the first job of an attempt started; None while none has."""
    return min((job.started_at for job in jobs if job.attempt == attempt and job.started_at), default=None)


@dataclass(frozen=True)
class Place:
    """Where something of jobs is counted: a job of a pipeline on a day (UTC), or one of its steps."""

    pipeline_id: str
    day: int
    job: str
    step: str = ""
    number: int = 0


JobMoves = dict[Place, Counter[str]]


@dataclass(frozen=True)
class CountedJob:
    """What was counted for a job, kept beside it: a corrected job takes back exactly this."""

    pipeline_id: str
    day: int
    name: str
    status: Status
    duration_ms: int | None = None
    queue_ms: int | None = None
    step: str = ""
    number: int = 0

    @classmethod
    def of(cls, pipeline_id: str, job: Job) -> "CountedJob":
        """Of a completed job."""
        step = job.failing_step if job.status is Status.FAILURE else None
        return cls(
            pipeline_id=pipeline_id,
            day=(job.completed_at or 0) // DAY,
            name=job.name,
            status=job.status,
            duration_ms=job.duration_ms,
            queue_ms=job.queue_ms,
            step=step.name if step else "",
            number=step.number if step else 0,
        )

    def moves(self, sign: int = 1) -> JobMoves:
        moves = {Place(self.pipeline_id, self.day, self.name): _times(self._counters(), sign)}
        if self.step:
            place = Place(self.pipeline_id, self.day, self.name, self.step, self.number)
            moves[place] = Counter(failure=sign)
        return moves

    def _counters(self) -> Counter[str]:
        """Named as those of builds (see aggregates.py), with `queue_ms`, the sum of queue times."""
        counters = Counter({self.status.value: 1})
        if self.duration_ms is not None and self.status is Status.SUCCESS:
            counters.update({"passed_ms": self.duration_ms, f"t{bin_of(self.duration_ms)}": 1})
        if self.queue_ms is not None:
            counters.update({"queue_ms": self.queue_ms, f"q{bin_of(self.queue_ms)}": 1})
        return counters


def _times(counters: Counter[str], sign: int) -> Counter[str]:
    return Counter({name: sign * value for name, value in counters.items()})


def moved(pairs: Iterable[tuple[CountedJob | None, CountedJob]]) -> JobMoves:
    """What counting these moves: each new contribution less the one that was counted before. Every place that
    one of them moves is named, even where another moves it back: see flows/rebuild_jobs.py.
    """
    total: JobMoves = {}
    for before, after in pairs:
        for place, counters in _shift(before, after).items():
            total.setdefault(place, Counter()).update(counters)
    return total


def _shift(before: CountedJob | None, after: CountedJob) -> JobMoves:
    moves = before.moves(-1) if before else {}
    for place, counters in after.moves().items():
        moves.setdefault(place, Counter()).update(counters)
    settled = {place: Counter({n: v for n, v in some.items() if v}) for place, some in moves.items()}
    return {place: counters for place, counters in settled.items() if counters}
