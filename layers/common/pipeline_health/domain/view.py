"""A build as people outside see it: in the API, on the WebSocket, in exports."""

from collections.abc import Iterable
from typing import Any

from pipeline_health.domain.build import Build
from pipeline_health.domain.jobs import Job
from pipeline_health.domain.times import format_instant, seconds

View = dict[str, Any]


def instant_view(instant: int | None) -> str | None:
    """RFC 3339 UTC, or None for what is unknown (0 stands for "not stored yet")."""
    return format_instant(instant) if instant else None


def seconds_view(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else seconds(milliseconds)


def build_view(build: Build) -> View:
    """The build of the contract, without its log excerpt; times in RFC 3339 UTC, durations in seconds."""
    return {
        "id": build.id,
        "provider": build.provider,
        "repo": build.repo,
        "pipeline": build.pipeline,
        "pipeline_id": build.pipeline_id,
        "branch": build.branch,
        "commit": build.commit,
        "number": build.number,
        "attempt": build.attempt,
        "status": build.status.value,
        "conclusion": build.conclusion,
        "event": build.event,
        "actor": build.actor,
        "queued_at": instant_view(build.queued_at),
        "started_at": instant_view(build.started_at),
        "completed_at": instant_view(build.completed_at),
        "duration_seconds": seconds_view(build.duration_ms),
        "queue_seconds": seconds_view(build.queue_ms),
        "url": build.url,
        "title": build.title,
        "created_at": instant_view(build.created_at),
        "updated_at": instant_view(build.updated_at),
    }


def detailed_view(build: Build, jobs: Iterable[Job]) -> View:
    """The same with the log excerpt and its jobs, as GET /builds/{id} shows it."""
    return {**build_view(build), "logs": build.logs, "jobs": [job_view(job) for job in jobs]}


def job_view(job: Job) -> View:
    step = job.failing_step
    return {
        "id": str(job.id),
        "name": job.name,
        "status": job.status.value,
        "conclusion": job.conclusion,
        "created_at": instant_view(job.created_at),
        "started_at": instant_view(job.started_at),
        "completed_at": instant_view(job.completed_at),
        "duration_seconds": seconds_view(job.duration_ms),
        "queue_seconds": seconds_view(job.queue_ms),
        "url": job.url,
        "failing_step": {**step.model_dump(), "url": job.url} if step else None,
    }
