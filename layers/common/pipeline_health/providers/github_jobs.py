"""GitHub's jobs, each of one attempt of a run; they name no workflow, so no pipeline. The API lists the very
objects that the webhook `workflow_job` carries.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_job
https://docs.github.com/en/rest/actions/workflow-jobs
"""

from collections.abc import Iterable
from typing import Any, Final, Literal

from pydantic import Field

from pipeline_health.domain.build import Status, Url, version_of
from pipeline_health.domain.jobs import Job, JobSighting, Step, run_id_of
from pipeline_health.providers.delivery import Delivery
from pipeline_health.providers.fields import FreeText, Moment, Number, Wire, checked
from pipeline_health.providers.form import json_in
from pipeline_health.providers.github_words import PROVIDER, ending
from pipeline_health.providers.jsonbody import read_object
from pipeline_health.providers.refusal import unusable

# Of a job that timed out, the step that ran is cancelled; the ones after it are skipped.
_FAILED: Final = (("failure", "timed_out"), ("cancelled",))


class _Step(Wire):
    number: int = Field(ge=0, lt=10**6)
    name: FreeText | None = None
    conclusion: FreeText | None = None


class _Job(Wire):
    id: Number
    run_id: Number
    run_attempt: int = Field(default=1, ge=1, le=1_000_000)
    name: FreeText | None = None
    status: Literal["requested", "waiting", "pending", "queued", "in_progress", "completed"]
    conclusion: FreeText | None = None
    created_at: Moment | None = None
    started_at: Moment | None = None
    completed_at: Moment | None = None
    html_url: Url | None = None
    runner_id: int | None = None
    steps: list[_Step] | None = None


class _Repository(Wire):
    id: Number


class _WorkflowJob(Wire):
    workflow_job: _Job
    repository: _Repository


def parse(delivery: Delivery) -> JobSighting:
    payload = json_in(delivery)
    return _sighting(checked(_WorkflowJob, read_object(payload), delivery), payload, webhook=True)


def listed(job: dict[str, Any], repository: dict[str, Any], now: int) -> JobSighting:
    """A job as the API lists it; Refusal where it cannot be used. A webhook's word beats it."""
    document = {"workflow_job": job, "repository": repository}
    said = checked(_WorkflowJob, document, Delivery(b"", now))
    return _sighting(said, said.model_dump_json().encode(), webhook=False)


def _sighting(said: _WorkflowJob, payload: bytes, *, webhook: bool) -> JobSighting:
    told = said.workflow_job
    job = _job(told, said.repository)
    sent_at = told.completed_at or told.started_at or told.created_at or 0
    version = version_of(job.status, webhook=webhook, phase=0, sent_at=sent_at, body=payload)
    return JobSighting(job=job, version=version)


def _job(told: _Job, repository: _Repository) -> Job:
    status = _status(told)
    return Job(
        run_id=run_id_of(PROVIDER, str(repository.id), str(told.run_id)),
        attempt=told.run_attempt,
        id=told.id,
        name=told.name or f"job {told.id}",
        status=status,
        conclusion=told.conclusion,
        created_at=told.created_at,
        started_at=told.started_at if _has_run(told, status) else None,
        completed_at=told.completed_at if status.completed else None,
        url=told.html_url,
        failing_step=_failing_step(told.steps or ()) if status is Status.FAILURE else None,
    )


def _status(told: _Job) -> Status:
    if told.status != "completed":
        return Status.IN_PROGRESS if told.status == "in_progress" else Status.QUEUED
    if told.conclusion is None:
        raise unusable("workflow_job.conclusion", "is required of a completed job")
    if told.completed_at is None:
        raise unusable("workflow_job.completed_at", "is required of a completed job")
    return ending(told.conclusion)


def _has_run(told: _Job, status: Status) -> bool:
    """GitHub gives every job a `started_at`: one that waits has its creation's, and one that was cancelled
    (or could not be started) while it waited has its end's, with no step and no machine.
    """
    if status is Status.QUEUED or status is Status.SKIPPED:
        return False
    return not status.completed or bool(told.steps or told.runner_id)


def _failing_step(steps: Iterable[_Step]) -> Step | None:
    """Where it failed first: what is cleaned up after that may fail as well."""
    in_order = sorted(steps, key=lambda step: step.number)
    failed = [step for words in _FAILED for step in in_order if step.conclusion in words]
    return _step(failed[0]) if failed else None


def _step(said: _Step) -> Step:
    name = said.name or f"step {said.number}"
    return Step(number=said.number, name=name, conclusion=said.conclusion or "failure")
