"""What ingest's tests share: webhooks in the shapes that senders send, and a store that fits on a page."""

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, Final

import pytest

from pipeline_health.domain.build import Build, Sighting
from pipeline_health.domain.jobs import JobSighting
from pipeline_health.domain.times import parse_instant
from pipeline_health.flows.ingest import Recorded, Result
from pipeline_health.providers.delivery import Delivery, Parsed
from pipeline_health.providers.refusal import FieldError, Refusal
from pipeline_health.providers.senders import SENDERS

Document = dict[str, Any]
NOW: Final = parse_instant("2026-11-23T12:00:00Z")
SECRET: Final = b"It's a Secret to Everybody"
ABSENT: Final = object()

_RUN: Final[Document] = {
    "action": "completed",
    "workflow_run": {
        "id": 9876543210,
        "name": "CI",
        "node_id": "WFR_kwLO",
        "head_branch": "main",
        "head_sha": "3f786850e387550fdab836ed7e6dc881de23001b",
        "path": ".github/workflows/ci.yml",
        "display_title": "Speed up the checkout",
        "run_number": 562,
        "event": "push",
        "status": "completed",
        "conclusion": "success",
        "workflow_id": 4242,
        "check_suite_id": 1,
        "url": "https://api.github.com/repos/acme/shop/actions/runs/9876543210",
        "html_url": "https://github.com/acme/shop/actions/runs/9876543210",
        "pull_requests": [],
        "created_at": "2026-11-23T11:00:00Z",
        "updated_at": "2026-11-23T11:05:30Z",
        "actor": {"login": "mona", "id": 1, "type": "User"},
        "run_attempt": 1,
        "referenced_workflows": [],
        "run_started_at": "2026-11-23T11:00:10Z",
        "triggering_actor": {"login": "hubot", "id": 2, "type": "User"},
        "head_commit": {"id": "3f78", "message": "Speed up the checkout\n\nBy caching.", "timestamp": "x"},
        "repository": {"id": 77, "full_name": "acme/shop", "private": True},
        "head_repository": {"id": 77, "full_name": "acme/shop", "private": True},
    },
    "workflow": {"id": 4242, "name": "CI", "path": ".github/workflows/ci.yml", "state": "active"},
    "repository": {"id": 77, "name": "shop", "full_name": "acme/shop", "default_branch": "main"},
    "organization": {"login": "acme"},
    "sender": {"login": "hubot", "id": 2},
}

_JOB: Final[Document] = {
    "action": "completed",
    "workflow_job": {
        "id": 555,
        "run_id": 9876543210,
        "workflow_name": "CI",
        "head_branch": "main",
        "run_url": "https://api.github.com/repos/acme/shop/actions/runs/9876543210",
        "run_attempt": 1,
        "node_id": "CR_kwLO",
        "head_sha": "3f786850e387550fdab836ed7e6dc881de23001b",
        "url": "https://api.github.com/repos/acme/shop/actions/jobs/555",
        "html_url": "https://github.com/acme/shop/actions/runs/9876543210/job/555",
        "status": "completed",
        "conclusion": "success",
        "created_at": "2026-11-23T11:00:12Z",
        "started_at": "2026-11-23T11:00:25Z",
        "completed_at": "2026-11-23T11:05:25Z",
        "name": "test (3.13)",
        "steps": [
            {
                "name": "Set up job",
                "status": "completed",
                "conclusion": "success",
                "number": 1,
                "started_at": "2026-11-23T11:00:25Z",
                "completed_at": "2026-11-23T11:00:27Z",
            },
            {
                "name": "Run pytest",
                "status": "completed",
                "conclusion": "success",
                "number": 2,
                "started_at": "2026-11-23T11:00:27Z",
                "completed_at": "2026-11-23T11:05:24Z",
            },
        ],
        "check_run_url": "https://api.github.com/repos/acme/shop/check-runs/555",
        "labels": ["ubuntu-latest"],
        "runner_id": 7,
        "runner_name": "GitHub Actions 7",
        "runner_group_id": 2,
        "runner_group_name": "GitHub Actions",
    },
    "repository": {"id": 77, "name": "shop", "full_name": "acme/shop", "default_branch": "main"},
    "organization": {"login": "acme"},
    "sender": {"login": "hubot", "id": 2},
}

_JENKINS: Final[Document] = {
    "name": "shop",
    "display_name": "shop",
    "url": "job/shop/",
    "build": {
        "full_url": "https://ci.example.com/job/shop/18/",
        "number": 18,
        "queue_id": 31,
        "timestamp": parse_instant("2026-11-23T11:05:30Z"),
        "duration": 320_000,
        "phase": "COMPLETED",
        "status": "SUCCESS",
        "url": "job/shop/18/",
        "scm": {
            "url": "https://github.com/acme/shop.git",
            "branch": "origin/main",
            "commit": "3f786850e387550fdab836ed7e6dc881de23001b",
            "changes": [],
            "culprits": [],
        },
        "log": "",
        "artifacts": {},
    },
}

_GITLAB: Final[Document] = {
    "object_kind": "pipeline",
    "object_attributes": {
        "id": 31,
        "iid": 123,
        "ref": "main",
        "tag": False,
        "sha": "3f786850e387550fdab836ed7e6dc881de23001b",
        "source": "push",
        "status": "success",
        "detailed_status": "passed",
        "stages": ["build", "test"],
        "created_at": "2026-11-23 11:00:00 UTC",
        "finished_at": "2026-11-23 11:05:30 UTC",
        "duration": 300,
        "queued_duration": 12,
        "url": "https://gitlab.example.com/acme/shop/-/pipelines/31",
    },
    "merge_request": None,
    "user": {"id": 1, "name": "Mona", "username": "mona", "email": "[REDACTED]"},
    "project": {
        "id": 77,
        "name": "Shop",
        "web_url": "https://gitlab.example.com/acme/shop",
        "path_with_namespace": "acme/shop",
        "default_branch": "main",
    },
    "commit": {"id": "3f78", "message": "Speed up the checkout\n\nBy caching.", "title": "Speed up"},
    "builds": [
        {"id": 380, "stage": "build", "name": "wheel", "status": "success", "allow_failure": False},
        {"id": 381, "stage": "test", "name": "unit", "status": "success", "allow_failure": False},
    ],
}

_CIRCLECI: Final[Document] = {
    "id": "3888f21b-eaa7-38e3-8f3d-75a63bba8895",
    "type": "workflow-completed",
    "happened_at": "2026-11-23T11:05:30.317Z",
    "webhook": {"id": "cf8c4fdd-0587-4da1-b4ca-4846e9640af9", "name": "Pipeline Health"},
    "workflow": {
        "id": "fda08377-fe7e-46b1-8992-3a7aaecac9c3",
        "name": "build-test-deploy",
        "status": "success",
        "created_at": "2026-11-23T11:00:10.000Z",
        "stopped_at": "2026-11-23T11:05:30.000Z",
        "url": "https://app.circleci.com/pipelines/github/acme/shop/130/workflows/fda08377",
    },
    "pipeline": {
        "id": "1285fe1d-d3a6-44fc-8886-8979558254c4",
        "number": 130,
        "created_at": "2026-11-23T11:00:09.544Z",
        "trigger": {"type": "webhook"},
        "vcs": {
            "provider_name": "github",
            "origin_repository_url": "https://github.com/acme/shop",
            "target_repository_url": "https://github.com/acme/shop",
            "revision": "3f786850e387550fdab836ed7e6dc881de23001b",
            "commit": {
                "subject": "Speed up the checkout",
                "body": "By caching.",
                "author": {"name": "Mona", "email": "mona@example.com"},
                "authored_at": "2026-11-23T10:59:00Z",
            },
            "branch": "main",
        },
    },
    "project": {"id": "84996744-a854-4f5e-aea3-04e2851dc1d2", "name": "shop", "slug": "github/acme/shop"},
    "organization": {"id": "f22b6566-597d-46d5-ba74-99ef5bb3d85c", "name": "acme"},
}

_FLAT: Final[Document] = {
    "pipeline": "nightly",
    "repo": "acme/shop",
    "branch": "main",
    "status": "failure",
    "started_at": "2026-11-23T11:00:00Z",
    "completed_at": "2026-11-23T11:05:00Z",
    "url": "https://ci.example.com/nightly/7",
    "logs": "it broke",
}


def changed(document: Document, changes: Document) -> Document:
    """A copy with some fields replaced: {"workflow_run.id": 1}; ABSENT takes a field away."""
    copy = deepcopy(document)
    for path, value in changes.items():
        *parents, name = path.split(".")
        place = copy
        for parent in parents:
            place = place[parent]
        place[name] = value
        if value is ABSENT:
            del place[name]
    return copy


def github_run(**run: Any) -> Document:
    """GitHub's workflow_run webhook with some fields of the run replaced."""
    return changed(_RUN, {f"workflow_run.{name}": value for name, value in run.items()})


def github_job(**job: Any) -> Document:
    """GitHub's workflow_job webhook with some fields of the job replaced."""
    return changed(_JOB, {f"workflow_job.{name}": value for name, value in job.items()})


def steps(*conclusions: str | None) -> list[Document]:
    """Steps 1, 2, ... of a job, so named."""
    return [
        {"name": f"Step {number}", "number": number, "conclusion": conclusion}
        for number, conclusion in enumerate(conclusions, 1)
    ]


def jenkins_build(**build: Any) -> Document:
    return changed(_JENKINS, {f"build.{name}": value for name, value in build.items()})


def gitlab_pipeline(**attributes: Any) -> Document:
    """GitLab's pipeline event with some fields of the pipeline replaced."""
    return changed(_GITLAB, {f"object_attributes.{name}": value for name, value in attributes.items()})


def circleci_workflow(**workflow: Any) -> Document:
    """CircleCI's workflow-completed webhook with some fields of the workflow replaced."""
    return changed(_CIRCLECI, {f"workflow.{name}": value for name, value in workflow.items()})


def flat_body(**fields: Any) -> Document:
    return changed(_FLAT, fields)


def encoded(document: object) -> bytes:
    return document if isinstance(document, bytes) else json.dumps(document).encode()


def github(document: object, event: str | None = "workflow_run", **headers: str) -> Delivery:
    named = {"content-type": "application/json", **({"x-github-event": event} if event else {}), **headers}
    return Delivery(encoded(document), NOW, {name.replace("_", "-"): text for name, text in named.items()})


def gitlab(document: object, event: str | None = "Pipeline Hook", **headers: str) -> Delivery:
    named = {**({"x-gitlab-event": event} if event else {}), **headers}
    return Delivery(encoded(document), NOW, {name.replace("_", "-"): text for name, text in named.items()})


def circleci(document: object, event: str | None = "workflow-completed") -> Delivery:
    return Delivery(encoded(document), NOW, {"circleci-event-type": event} if event else {})


def jenkins(document: object, received_at: int = NOW, **query: str) -> Delivery:
    return Delivery(encoded(document), received_at, query=query)


def parsed(provider: str, delivery: Delivery) -> Parsed:
    return SENDERS[provider].parse(delivery)


def sighted(provider: str, delivery: Delivery) -> Sighting:
    sighting = parsed(provider, delivery)
    assert isinstance(sighting, Sighting)
    return sighting


def job_sighted(**job: Any) -> JobSighting:
    sighting = parsed("github", github(github_job(**job), "workflow_job"))
    assert isinstance(sighting, JobSighting)
    return sighting


def built(provider: str, delivery: Delivery) -> Build:
    return sighted(provider, delivery).build


def signature(body: bytes, secret: bytes = SECRET) -> str:
    return "sha256=" + hmac.new(secret, body, "sha256").hexdigest()


def basic(password: bytes) -> str:
    return "Basic " + b64encode(b"jenkins:" + password).decode()


@contextmanager
def refused(status: int, *fields: str) -> Iterator[None]:
    """The block is refused so, naming exactly these fields."""
    with pytest.raises(Refusal) as refusal:
        yield
    assert (refusal.value.status, tuple(error.field for error in refusal.value.errors)) == (status, fields)


def message_for(provider: str, delivery: Delivery) -> FieldError:
    with pytest.raises(Refusal) as refusal:
        parsed(provider, delivery)
    (error,) = refusal.value.errors
    return error


class FakeBuilds:
    """The builds table in memory, by the same rule: the greater version leads, queued_at is added once."""

    def __init__(self) -> None:
        self.leading: dict[str, Sighting] = {}
        self.queued_at: dict[str, int | None] = {}
        self.created_at: dict[str, int] = {}
        self.jobs: dict[tuple[str, int], JobSighting] = {}

    def record(self, sighting: Sighting, now: int) -> Recorded:
        key = sighting.build.id
        stored = self.leading.get(key)
        self.created_at.setdefault(key, now)
        adds = sighting.adds_queued_at and self.queued_at.get(key) is None
        leads = stored is None or (not sighting.adds_queued_at and sighting.version > stored.version)
        if adds:
            self.queued_at[key] = sighting.build.queued_at
        if leads:
            self.leading[key] = sighting
        news = Result.UPDATED if adds or leads else Result.UNCHANGED
        return Recorded(Result.CREATED if stored is None else news, self.build(key))

    def record_job(self, sighting: JobSighting, now: int) -> Result:
        key = sighting.job.run_id, sighting.job.id
        stored = self.jobs.get(key)
        if stored and stored.version >= sighting.version:
            return Result.UNCHANGED
        self.jobs[key] = sighting
        return Result.UPDATED if stored else Result.CREATED

    def build(self, key: str) -> Build:
        known = {"queued_at": self.queued_at.get(key), "created_at": self.created_at[key]}
        return self.leading[key].build.model_copy(update=known)
