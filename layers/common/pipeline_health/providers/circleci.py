"""CircleCI: a webhook comes when a workflow has ended, and none before. One that is run again is another one.

https://circleci.com/docs/reference/outbound-webhooks-reference/
"""

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field

from pipeline_health.domain.build import Build, Name, Status, Url, digest
from pipeline_health.providers import flat
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
from pipeline_health.providers.jsonbody import read_object
from pipeline_health.providers.proof import require_circleci, require_either
from pipeline_health.providers.refusal import unusable

PROVIDER: Final = "circleci"
_EVENT: Final = "circleci-event-type"
_COMPLETED: Final = "workflow-completed"
_UNKNOWN: Final = "unknown"
_HOSTS: Final = frozenset({"github", "gh", "bitbucket", "bb"})  # a slug names the repository

# What is not here, such as unauthorized, says nothing about the code.
_STATUSES: Final = {
    "success": Status.SUCCESS,
    "failed": Status.FAILURE,
    "error": Status.FAILURE,  # its configuration could not be run
    "canceled": Status.CANCELLED,
}

_Uuid = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,64}$")]


class _Workflow(Wire):
    id: _Uuid
    name: Name
    status: FreeText
    created_at: Moment
    stopped_at: Moment
    url: Url | None = None


class _Author(Wire):
    name: FreeText | None = None


class _Commit(Wire):
    subject: FirstLine | None = None
    author: _Author | None = None


class _Vcs(Wire):
    branch: Label | None = None
    tag: Label | None = None
    revision: Name | None = None
    commit: _Commit | None = None


class _Git(Wire):
    branch: Label | None = None
    tag: Label | None = None
    checkout_sha: Name | None = None
    commit_title: FirstLine | None = None
    commit_author_name: FreeText | None = None


class _Parameters(Wire):
    git: _Git | None = None


class _Pipeline(Wire):
    number: Number | None = None
    vcs: _Vcs | None = None
    trigger_parameters: _Parameters | None = None


class _Project(Wire):
    id: _Uuid
    name: Name
    slug: Name


class _Organization(Wire):
    name: Name | None = None


class WorkflowCompleted(Wire):
    workflow: _Workflow
    pipeline: _Pipeline
    project: _Project
    organization: _Organization | None = None


def verify(delivery: Delivery, secrets: Sequence[bytes]) -> None:
    """CircleCI signs; a flat body bears the token as from anywhere else."""
    (require_circleci if _EVENT in delivery.headers else require_either)(delivery, secrets)


def parse(delivery: Delivery) -> Parsed:
    event = delivery.headers.get(_EVENT)
    if event is None:
        return flat.parse(PROVIDER, delivery, read_object(delivery.body))
    if event != _COMPLETED:
        return Ignored("only workflow-completed events are builds")
    build = build_of(checked(WorkflowCompleted, read_object(delivery.body), delivery))
    return sighting_of(build, build.completed_at or 0, delivery.body)


def build_of(said: WorkflowCompleted) -> Build:
    workflow, pipeline = said.workflow, said.pipeline
    git = _git(pipeline)
    return Build(
        provider=PROVIDER,
        pipeline_id=f"{PROVIDER}.{said.project.id}.{digest(workflow.name, length=12)}",
        run=workflow.id,
        repo=_repo(said),
        pipeline=workflow.name,
        branch=git.branch or git.tag or _UNKNOWN,
        commit=git.checkout_sha,
        number=pipeline.number,
        status=_STATUSES.get(workflow.status or "", Status.SKIPPED),
        conclusion=workflow.status,
        actor=git.commit_author_name,
        started_at=workflow.created_at,
        completed_at=workflow.stopped_at,
        duration_ms=_duration(workflow),
        url=workflow.url,
        title=git.commit_title,
    )


def _git(pipeline: _Pipeline) -> _Git:
    """What was built. Repositories on GitHub and Bitbucket say so in `vcs`, on GitLab in parameters."""
    if pipeline.vcs is None:
        return (pipeline.trigger_parameters and pipeline.trigger_parameters.git) or _Git()
    vcs, commit = pipeline.vcs, pipeline.vcs.commit or _Commit()
    return _Git.model_construct(
        branch=vcs.branch,
        tag=vcs.tag,
        checkout_sha=vcs.revision,
        commit_title=commit.subject,
        commit_author_name=commit.author.name if commit.author else None,
    )


def _repo(said: WorkflowCompleted) -> str:
    """`acme/app` of github/acme/app; a slug of circleci/... consists of numbers."""
    host, _, repo = said.project.slug.partition("/")
    if host in _HOSTS and repo:
        return repo
    owner = said.organization.name if said.organization else None
    return f"{owner}/{said.project.name}" if owner else said.project.name


def _duration(workflow: _Workflow) -> int:
    duration = max(0, workflow.stopped_at - workflow.created_at)
    if duration > DURATION_LIMIT:
        raise unusable("workflow.created_at", "lies more than 400 days before stopped_at")
    return duration
