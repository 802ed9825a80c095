"""GitHub: a `workflow_run` webhook is one attempt of one run, `workflow_job` a part of one; others are none.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run
"""

import re
from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field

from pipeline_health.domain.build import NAME_LIMIT, Build, Name, Sighting, Status, Url
from pipeline_health.providers import flat, github_jobs
from pipeline_health.providers.delivery import Delivery, Ignored, Parsed, sighting_of
from pipeline_health.providers.fields import (
    DURATION_LIMIT,
    FirstLine,
    FreeText,
    Label,
    Moment,
    Number,
    Wire,
    checked,
)
from pipeline_health.providers.form import json_in
from pipeline_health.providers.github_words import PROVIDER, ending
from pipeline_health.providers.jsonbody import read_object
from pipeline_health.providers.proof import require_either, require_signature
from pipeline_health.providers.refusal import unusable

_EVENT: Final = "x-github-event"


class _Actor(Wire):
    login: FreeText | None = None


class _Repository(Wire):
    id: Number
    full_name: Name
    default_branch: Name | None = None


class _Origin(Wire):
    id: Number
    full_name: Name | None = None


class _Commit(Wire):
    message: FirstLine | None = None


class _Workflow(Wire):
    path: Label | None = None


class _Run(Wire):
    id: Number
    workflow_id: Number
    run_attempt: int = Field(default=1, ge=1, le=1_000_000)
    run_number: int | None = Field(default=None, ge=0, lt=10**15)
    name: Label | None = None
    path: Label | None = None
    status: Literal["requested", "waiting", "pending", "queued", "in_progress", "completed"]
    conclusion: FreeText | None = None
    event: FreeText | None = None
    head_branch: Name | None = None
    head_sha: Name | None = None
    head_commit: _Commit | None = None
    repository: _Origin | None = None
    head_repository: _Origin | None = None
    display_title: FreeText | None = None
    actor: _Actor | None = None
    triggering_actor: _Actor | None = None
    created_at: Moment
    run_started_at: Moment | None = None
    updated_at: Moment
    html_url: Url | None = None


class WorkflowRun(Wire):
    workflow_run: _Run
    repository: _Repository
    workflow: _Workflow | None = None


def verify(delivery: Delivery, secrets: Sequence[bytes]) -> None:
    """GitHub signs; only a flat body, which a pipeline step sends with curl, may bear the token instead."""
    (require_signature if _EVENT in delivery.headers else require_either)(delivery, secrets)


def parse(delivery: Delivery) -> Parsed:
    event = delivery.headers.get(_EVENT)
    if event is None:
        return flat.parse(PROVIDER, delivery, read_object(delivery.body))
    if event == "workflow_job":
        return github_jobs.parse(delivery)
    if event != "workflow_run":
        return Ignored(f"{event} events are no builds" if _is_event_name(event) else "this event is no build")
    payload = json_in(delivery)  # GitHub offers forms too
    return _sighting(checked(WorkflowRun, read_object(payload), delivery), payload)


def _is_event_name(text: str) -> bool:
    return re.fullmatch(r"[a-z_]{1,40}", text) is not None


def _sighting(said: WorkflowRun, payload: bytes) -> Sighting:
    return sighting_of(build_of(said), said.workflow_run.updated_at, payload)


def build_of(said: WorkflowRun) -> Build:
    run, repository = said.workflow_run, said.repository
    status = _status(run)
    return Build(
        provider=PROVIDER,
        pipeline_id=f"{PROVIDER}.{repository.id}.{run.workflow_id}",
        run=str(run.id),
        attempt=run.run_attempt,
        repo=repository.full_name,
        pipeline=run.name or _file_name(said) or f"workflow {run.workflow_id}",
        branch=_branch(run, repository),
        default_branch=repository.default_branch,
        commit=run.head_sha,
        number=run.run_number,
        status=status,
        conclusion=run.conclusion,
        event=run.event,
        actor=_actor(run),
        started_at=_started_at(run),
        completed_at=run.updated_at if status.completed else None,
        duration_ms=_duration(run) if status.completed else None,
        url=run.html_url,
        title=run.display_title or (run.head_commit.message if run.head_commit else None),
    )


def _status(run: _Run) -> Status:
    """By the payload's `status`; its `action` lies (a real one says completed of a queued run)."""
    if run.status != "completed":
        return Status.IN_PROGRESS if run.status == "in_progress" else Status.QUEUED
    if run.conclusion is None:
        raise unusable("workflow_run.conclusion", "is required of a completed run")
    return ending(run.conclusion)


def _file_name(said: WorkflowRun) -> str:
    """Of `.github/workflows/test.yml@main`: test.yml. A workflow without a name is known by its file."""
    path = said.workflow_run.path or (said.workflow and said.workflow.path) or ""
    return path.partition("@")[0].rpartition("/")[2]


def _branch(run: _Run, repository: _Repository) -> str:
    """A fork's branch as GitHub labels it, `owner:branch`, so that a fork's main is never taken for ours."""
    branch = run.head_branch or "unknown"
    head, ours = run.head_repository, (run.repository or repository).id
    if "head_repository" not in run.model_fields_set or (head and head.id == ours):
        return branch
    owner = ((head and head.full_name) or "unknown").partition("/")[0]  # a deleted fork is null
    if len(owner) + 1 + len(branch) > NAME_LIMIT:
        raise unusable("workflow_run.head_branch", f"must be at most {NAME_LIMIT} characters with its owner")
    return f"{owner}:{branch}"


def _actor(run: _Run) -> str | None:
    """Who caused this attempt: of a re-run not the one who pushed."""
    actor = run.triggering_actor or run.actor
    return actor.login if actor else None


def _started_at(run: _Run) -> int | None:
    """`created_at` stays the first attempt's on a re-run, so it stands in for the first one only."""
    first = run.created_at if run.run_attempt == 1 else None
    return first if run.run_started_at is None else run.run_started_at


def _duration(run: _Run) -> int | None:
    started_at = _started_at(run)
    if started_at is None:
        return None
    duration = max(0, run.updated_at - started_at)
    if duration > DURATION_LIMIT:
        raise unusable("workflow_run.run_started_at", "lies more than 400 days before updated_at")
    return duration
