"""The original flat body, accepted beside each sender's own webhook: a pipeline step with curl is enough."""

from typing import Annotated, Any, Final

from pydantic import Field

from pipeline_health.domain.build import Build, Name, Sighting, Status, Url, digest, excerpt
from pipeline_health.domain.times import SECOND
from pipeline_health.providers.delivery import Delivery, sighting_of
from pipeline_health.providers.fields import DURATION_LIMIT, Moment, Wire, believable_at, checked
from pipeline_health.providers.refusal import unusable

_Seconds = Annotated[float, Field(ge=0, le=DURATION_LIMIT / SECOND, allow_inf_nan=False)]
KEYS: Final = frozenset({"pipeline", "repo", "branch", "status", "started_at"})  # those it cannot do without


class _Flat(Wire):
    pipeline: Name
    repo: Name
    branch: Name
    status: Annotated[Status, Field(strict=False)]  # its word will do, it need not be the member
    started_at: Moment
    completed_at: Moment | None = None
    duration_seconds: _Seconds | None = None
    url: Url | None = None
    logs: str | None = None


def parse(provider: str, delivery: Delivery, document: dict[str, Any]) -> Sighting:
    said = checked(_Flat, document, delivery)
    completed_at = _completed_at(said, delivery)
    build = _build(provider, said, completed_at)
    sent_at = said.started_at if completed_at is None else completed_at
    return sighting_of(build, sent_at, delivery.body)


def _build(provider: str, said: _Flat, completed_at: int | None) -> Build:
    return Build(
        provider=provider,
        pipeline_id=f"{provider}.flat-{digest(said.repo, said.pipeline)}",
        run=_run(said),
        repo=said.repo,
        pipeline=said.pipeline,
        branch=said.branch,
        status=said.status,
        started_at=said.started_at,
        completed_at=completed_at,
        duration_ms=None if completed_at is None else _duration(said, completed_at),
        url=said.url,
        logs=excerpt(said.logs) if said.logs else None,
    )


def _run(said: _Flat) -> str:
    """Its address, else what it built, with its start. Two parts and four: they never collide."""
    name = (said.url,) if said.url else (said.pipeline, said.repo, said.branch)
    return digest(*name, str(said.started_at))


def _completed_at(said: _Flat, delivery: Delivery) -> int | None:
    if not said.status.completed:
        if said.completed_at is not None:
            raise unusable("completed_at", f"must not be given while the status is {said.status}")
        return None
    if said.completed_at is None:
        return _computed_end(said, delivery)
    if said.completed_at < said.started_at:
        raise unusable("completed_at", "is before started_at")
    return said.completed_at


def _computed_end(said: _Flat, delivery: Delivery) -> int:
    if said.duration_seconds is None:
        raise unusable("completed_at", "or duration_seconds is required of a build that has ended")
    completed_at = said.started_at + _milliseconds(said.duration_seconds)
    if not believable_at(completed_at, delivery.received_at):
        raise unusable("duration_seconds", "makes the build end more than a day ahead")
    return completed_at


def _duration(said: _Flat, completed_at: int) -> int:
    """The sender's own figure beats the times: it may know of pauses in between."""
    if said.duration_seconds is not None:
        return _milliseconds(said.duration_seconds)
    duration = completed_at - said.started_at
    if duration > DURATION_LIMIT:
        raise unusable("completed_at", "lies more than 400 days after started_at")
    return duration


def _milliseconds(amount: float) -> int:
    return round(amount * SECOND)
