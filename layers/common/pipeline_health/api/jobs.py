"""Answers about jobs, the parts of a build (GitHub Actions). Jobs never count as builds."""

from typing import Annotated, Any, Final

from pydantic import ConfigDict

from pipeline_health.api.answers import Answer, described
from pipeline_health.api.numbers import Bounded, Counts, Percent, Seconds

_ROW: Final[dict[str, Any]] = {
    "name": "test (3.13)",
    "failure_rate": 10.0,
    "counts": {"success": 36, "failure": 4, "cancelled": 1, "skipped": 0},
    "duration": {"jobs": 36, "mean": 192.4, "p50": 188.0, "p95": 263.1},
    "queue": {"jobs": 41, "mean": 9.1, "p50": 6.0, "p95": 31.2},
    "failing_steps": [{"name": "Run pytest", "number": 6, "failures": 4}],
}
EXAMPLE: Final[dict[str, Any]] = {
    "pipeline_id": "github.4711.990001",
    "from": "2026-11-16T00:00:00Z",
    "to": "2026-11-24T00:00:00Z",
    "jobs": [_ROW],
    "all_jobs": 1,
}


class Waits(Answer):
    """Percentiles at the nearest rank, within 2 %; seconds."""

    jobs: Annotated[int, described("How many jobs this stands on.")]
    mean: Annotated[Seconds, described("Mean.")]
    p50: Annotated[Seconds, described("Half of them took at most so many seconds.")]
    p95: Annotated[Seconds, described("95 % of them took at most so many seconds.")]


class FailingSteps(Answer):
    name: str
    number: Annotated[int, described("Where it stands in the job, when it failed last.")]
    failures: Annotated[int, described("How many jobs failed there first.")]


class JobFigures(Answer):
    name: Annotated[str, described("The job's name, as GitHub shows it: with its matrix.")]
    failure_rate: Annotated[Percent, described("failure / (success + failure), in percent.")]
    counts: Annotated[Counts, described("Completed jobs, by how they ended.")]
    duration: Annotated[Waits, described("completed_at - started_at, of successful jobs.")]
    queue: Annotated[Waits, described("started_at - created_at, of jobs that a machine began to work on.")]
    failing_steps: Annotated[
        list[FailingSteps],
        described("The steps at which it failed first, the most frequent first; at most 10."),
    ]


class JobMetrics(Bounded):
    """A pipeline's jobs, the worst first, by whole days (UTC) of completion: all that the window touches.

    `from` is later than that where there were too many jobs to be read.
    """

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    pipeline_id: Annotated[str | None, described("The pipeline's identity; null where nobody knows it.")]
    jobs: list[JobFigures]
    all_jobs: Annotated[int, described("How many jobs there are, with those beyond `limit`.")]
