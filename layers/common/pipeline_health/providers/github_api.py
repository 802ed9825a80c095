"""GitHub's REST API: a run it lists is the very object that a webhook carries, so both make the same build.

https://docs.github.com/en/rest/actions/workflow-runs
"""

from collections.abc import Sequence
from typing import Any, Final

from pipeline_health.domain.build import Build, Sighting, version_of
from pipeline_health.domain.times import HOUR
from pipeline_health.providers.delivery import Delivery
from pipeline_health.providers.fields import DURATION_LIMIT, Moment, Wire, checked
from pipeline_health.providers.github import WorkflowRun, build_of

_LONG: Final = 6 * HOUR  # after which GitHub ends a job on its own machines


class _Job(Wire):
    completed_at: Moment | None = None


class _Jobs(Wire):
    jobs: list[_Job]


def sighting(run: dict[str, Any], repository: dict[str, Any], now: int) -> Sighting:
    """Of one attempt of a run, as it is known `now`; Refusal where it cannot be used."""
    document = {"workflow_run": run, "repository": repository}
    return _sighting(build_of(_capped(checked(WorkflowRun, document, Delivery(b"", now)))))


def is_end_doubtful(build: Build) -> bool:
    """`updated_at` moves on after the end: with annotations, and with each later attempt."""
    return build.status.completed and (build.duration_ms or 0) > _LONG


def ended_with(sighted: Sighting, jobs: Sequence[Any], now: int) -> Sighting:
    """The same build, ended when its last job did. Without a job that ended, nothing ran: then it ended at
    its start, and how long it took is not known."""
    said = checked(_Jobs, {"jobs": list(jobs)}, Delivery(b"", now))
    ends = [job.completed_at for job in said.jobs if job.completed_at is not None]
    build = sighted.build
    start = build.started_at
    if not ends:
        return _sighting(build.model_copy(update={"completed_at": start, "duration_ms": None}))
    duration = None if start is None else min(max(0, max(ends) - start), DURATION_LIMIT)
    return _sighting(build.model_copy(update={"completed_at": max(ends), "duration_ms": duration}))


def _capped(said: WorkflowRun) -> WorkflowRun:
    """An annotation may come years later; no build takes so long, and its jobs will say how long it took."""
    run = said.workflow_run
    latest = (run.run_started_at or run.created_at) + DURATION_LIMIT
    capped = run.model_copy(update={"updated_at": min(run.updated_at, latest)})
    return said.model_copy(update={"workflow_run": capped})


def _sighting(build: Build) -> Sighting:
    """The digest is the build's: counters and addresses around it differ from one answer to the next."""
    sent_at = build.completed_at or build.started_at or 0
    body = build.model_dump_json().encode()
    version = version_of(build.status, webhook=False, phase=0, sent_at=sent_at, body=body)
    return Sighting(build=build, version=version)
