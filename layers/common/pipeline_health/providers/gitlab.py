"""GitLab: a pipeline event is the state of one pipeline; a job that is retried runs in the same one again.

https://docs.gitlab.com/user/project/integrations/webhook_events/#pipeline-events . A project has one pipeline
definition, so a project is a Pipeline and each of GitLab's pipelines a build of it. No event counts attempts:
what a retry comes to replaces what was said before, and is told as what it changed.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from pipeline_health.domain.build import (
    NAME_LIMIT,
    Build,
    Name,
    Sighting,
    Status,
    Url,
    digest,
    excerpt,
)
from pipeline_health.domain.times import SECOND
from pipeline_health.providers import flat
from pipeline_health.providers.delivery import Delivery, Ignored, Parsed, sighting_of
from pipeline_health.providers.fields import (
    DURATION_LIMIT,
    FirstLine,
    FreeText,
    Moment,
    Number,
    Wire,
    checked,
)
from pipeline_health.providers.jsonbody import read_object
from pipeline_health.providers.proof import require_either, require_gitlab
from pipeline_health.providers.refusal import unusable

PROVIDER: Final = "gitlab"
NAME: Final = "pipeline"  # beside its project's path; names that workflow:name makes differ from run to run
_EVENT: Final = "x-gitlab-event"
_PIPELINE: Final = "Pipeline Hook"
_CHILD: Final = "parent_pipeline"

# https://docs.gitlab.com/ci/pipelines/#pipeline-status ; what is not here says nothing about the code.
_STATUSES: Final = {
    **dict.fromkeys(("created", "waiting_for_resource", "preparing", "pending", "scheduled"), Status.QUEUED),
    **dict.fromkeys(("running", "canceling", "waiting_for_callback"), Status.IN_PROGRESS),
    "manual": Status.SKIPPED,  # nothing runs until somebody presses a button, and often nobody does
    "success": Status.SUCCESS,
    "failed": Status.FAILURE,
    "canceled": Status.CANCELLED,
    "skipped": Status.SKIPPED,
}
_SPELLED: Final = re.compile(r"(\S+ \S+) (UTC|([+-]\d\d):?(\d\d))")


def _as_rfc3339(value: object) -> object:
    """`2016-08-12 15:23:28 UTC` and `... +0200`, as GitLab writes times, in a webhook's own form."""
    found = _SPELLED.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return value
    return found[1] + ("Z" if found[2] == "UTC" else f"{found[3]}:{found[4]}")


_Time = Annotated[Moment, BeforeValidator(_as_rfc3339)]
_Seconds = Annotated[float, Field(ge=0, le=DURATION_LIMIT / SECOND, allow_inf_nan=False)]


class _Attributes(Wire):
    id: Number
    iid: Number | None = None
    ref: Name
    sha: Name | None = None
    source: FreeText | None = None
    status: FreeText | None = None
    created_at: _Time
    finished_at: _Time | None = None
    duration: _Seconds | None = None
    queued_duration: _Seconds | None = None
    url: Url | None = None


class _Project(Wire):
    id: Number
    path_with_namespace: Name
    web_url: Url
    default_branch: Name | None = None


class _MergeRequest(Wire):
    source_project_id: Number | None = None
    title: FreeText | None = None


class _User(Wire):
    username: FreeText | None = None


class _Commit(Wire):
    message: FirstLine | None = None


class _Job(Wire):
    name: FreeText | None = None
    stage: FreeText | None = None
    status: FreeText | None = None
    allow_failure: bool = False
    failure_reason: FreeText | None = None


class PipelineEvent(Wire):
    object_attributes: _Attributes
    project: _Project
    merge_request: _MergeRequest | None = None
    user: _User | None = None
    commit: _Commit | None = None
    builds: list[_Job] | None = None


def verify(delivery: Delivery, secrets: Sequence[bytes]) -> None:
    """GitLab signs or sends the secret token; a flat body bears the token as from anywhere else."""
    (require_gitlab if _EVENT in delivery.headers else require_either)(delivery, secrets)


def parse(delivery: Delivery) -> Parsed:
    event = delivery.headers.get(_EVENT)
    if event is None:
        return flat.parse(PROVIDER, delivery, read_object(delivery.body))
    if event != _PIPELINE:
        return Ignored("only pipeline events are builds")
    said = checked(PipelineEvent, read_object(delivery.body), delivery)
    if said.object_attributes.source == _CHILD:
        return Ignored("a child pipeline is a part of its parent")
    return _sighting(said, delivery.body)


def _sighting(said: PipelineEvent, body: bytes) -> Sighting:
    build = build_of(said)
    sent_at = build.completed_at or said.object_attributes.created_at
    return sighting_of(build, sent_at, body)


def build_of(said: PipelineEvent) -> Build:
    told, project = said.object_attributes, said.project
    status = _status(told)
    return Build(
        provider=PROVIDER,
        # Every server counts its projects from 1.
        pipeline_id=f"{PROVIDER}.{digest(urlsplit(project.web_url).netloc.lower(), length=8)}.{project.id}",
        run=str(told.id),
        repo=project.path_with_namespace,
        pipeline=NAME,
        branch=_branch(said),
        default_branch=project.default_branch,
        commit=told.sha,
        number=told.iid,
        status=status,
        conclusion=told.status if status.completed else None,
        event=told.source,
        actor=said.user.username if said.user else None,
        url=told.url or f"{project.web_url}/-/pipelines/{told.id}",
        title=_title(said),
        logs=_failed_jobs(said.builds or []) if status is Status.FAILURE else None,
        **_times(told, status),
    )


def _status(told: _Attributes) -> Status:
    if told.status is None:
        raise unusable("object_attributes.status", "is required")
    return _STATUSES.get(told.status, Status.SKIPPED)


def _branch(said: PipelineEvent) -> str:
    """Of a merge request from a fork with the fork's number, so that its main is never taken for ours."""
    ref, merge_request = said.object_attributes.ref, said.merge_request
    source = merge_request.source_project_id if merge_request else None
    branch = ref if source in (None, said.project.id) else f"{source}:{ref}"
    if len(branch) > NAME_LIMIT:
        raise unusable("object_attributes.ref", f"must be at most {NAME_LIMIT} characters with its project")
    return branch


def _title(said: PipelineEvent) -> str | None:
    if said.merge_request and said.merge_request.title:
        return said.merge_request.title
    return said.commit.message if said.commit else None


def _times(told: _Attributes, status: Status) -> dict[str, Any]:
    """When it began is not said, but how long it had waited by then; a pipeline that waits has no start."""
    waited = None if told.queued_duration is None else told.created_at + round(told.queued_duration * SECOND)
    if not status.completed:
        return {"queued_at": told.created_at, "started_at": None if status is Status.QUEUED else waited}
    completed_at = told.created_at if told.finished_at is None else told.finished_at
    return {
        "queued_at": told.created_at,
        "started_at": None if waited is None else min(waited, completed_at),
        "completed_at": completed_at,
        "duration_ms": None if told.duration is None else round(told.duration * SECOND),
    }


def _failed_jobs(jobs: Sequence[_Job]) -> str | None:
    """A line for each job that failed it; GitLab sends no log."""
    failed = [job for job in jobs if job.status == "failed" and not job.allow_failure]
    lines = [f"{job.name} ({job.stage}) failed: {job.failure_reason or 'no reason given'}" for job in failed]
    return excerpt("\n".join(lines)) or None
