"""Jenkins: the Notification plugin's JSON, one delivery for each phase of a build.

https://plugins.jenkins.io/notification/ . `build.timestamp` is the phase's time: when it was queued, when it
started, started plus duration for COMPLETED, and for FINALIZED the moment of sending. QUEUED is sent together
with STARTED. 0 stands for what Jenkins does not know.

Old versions of the plugin send no time at all. Then a build started when it was first stored (see
adapters/builds.py) and ended when the first word of its end arrived: every such delivery of one state has the
same version, so that the first one stays.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from pipeline_health.domain.build import (
    NAME_LIMIT,
    Build,
    Name,
    Sighting,
    Status,
    Url,
    digest,
    excerpt,
    storable,
    version_of,
)
from pipeline_health.providers import flat
from pipeline_health.providers.delivery import Delivery, Ignored, Parsed
from pipeline_health.providers.fields import FreeText, Label, Wire, believable, checked
from pipeline_health.providers.jenkins_job import Job, job_of
from pipeline_health.providers.jsonbody import read_object
from pipeline_health.providers.proof import require_either
from pipeline_health.providers.refusal import unusable

PROVIDER: Final = "jenkins"
_UNKNOWN: Final = "unknown"

_STATUSES: Final = {
    "SUCCESS": Status.SUCCESS,
    "FAILURE": Status.FAILURE,
    "UNSTABLE": Status.FAILURE,
    "ABORTED": Status.CANCELLED,
    "NOT_BUILT": Status.SKIPPED,
}
# FINALIZED comes last and knows least: its time is only that of sending.
_WEIGHTS: Final = {"QUEUED": 0, "STARTED": 0, "FINALIZED": 0, "COMPLETED": 1}

Milliseconds = Annotated[int, Field(ge=0), AfterValidator(believable)]


class _Scm(Wire):
    url: Label | None = None
    branch: Label | None = None
    commit: Name | None = None


class Phase(Wire):
    full_url: Url
    phase: FreeText
    number: int | None = Field(default=None, ge=0, lt=10**15)
    status: FreeText | None = None
    timestamp: Milliseconds | None = None
    duration: Annotated[int, Field(le=400 * 24 * 3600 * 1000)] | None = None
    scm: _Scm | None = None
    log: str | None = None


class Notification(Wire):
    build: Phase


def verify(delivery: Delivery, secrets: Sequence[bytes]) -> None:
    """The plugin signs nothing: the token stands in the URL we give out, or is the user's Basic password."""
    require_either(delivery, secrets)


def parse(delivery: Delivery) -> Parsed:
    document = read_object(delivery.body)
    if "build" in document:
        return _notified(checked(Notification, document, delivery).build, delivery)
    if document.keys() & flat.KEYS:
        return flat.parse(PROVIDER, delivery, document)
    raise unusable("build", "is required: send the Notification plugin's JSON, or the flat body")


def _notified(said: Phase, delivery: Delivery) -> Parsed:
    if said.phase not in _WEIGHTS:
        return Ignored("this phase says nothing of a build's state")
    multibranch = {"1": True, "0": False}.get(delivery.query.get("multibranch", ""))
    build = build_of(said, job_of(said.full_url, multibranch), delivery.received_at)
    version = _version(said, build.status, delivery.body)
    return Sighting(build=build, version=version, adds_queued_at=build.queued_at is not None)


def _version(said: Phase, status: Status, body: bytes) -> str:
    if not said.timestamp:
        return version_of(status, webhook=True, phase=0, sent_at=0, body=said.full_url.encode())
    phase = _WEIGHTS[said.phase]
    return version_of(status, webhook=True, phase=phase, sent_at=said.timestamp, body=body)


def build_of(said: Phase, job: Job, received_at: int) -> Build:
    scm = said.scm or _Scm()
    status = _status(said)
    branch = job.branch or _scm_branch(scm)
    return Build(
        provider=PROVIDER,
        pipeline_id=job.pipeline_id,
        run=digest(said.full_url),
        repo=_repo(scm) or job.host,
        pipeline=_short_enough(job.name),
        branch=_short_enough(branch or _UNKNOWN),
        default_branch=None if branch else _UNKNOWN,  # a job that names no branch has one line of history
        commit=scm.commit,
        number=job.number if said.number is None else said.number,
        status=status,
        conclusion=said.status if status.completed else None,
        url=said.full_url,
        logs=excerpt(said.log) if said.log else None,
        **_times(said, status, received_at),
    )


def _status(said: Phase) -> Status:
    if said.phase in ("QUEUED", "STARTED"):
        return Status.QUEUED if said.phase == "QUEUED" else Status.IN_PROGRESS
    if said.status is None:
        raise unusable("build.status", f"is required in phase {said.phase}")
    return _STATUSES.get(said.status, Status.SKIPPED)


def _times(said: Phase, status: Status, received_at: int) -> dict[str, Any]:
    """What this phase says of when; 0 is absent."""
    if not status.completed:
        return {"queued_at" if status is Status.QUEUED else "started_at": said.timestamp or None}
    completed_at = said.timestamp or received_at
    duration = max(0, said.duration) if said.duration else None
    return {
        "started_at": _started_at(said, completed_at, duration),
        "completed_at": completed_at,
        "duration_ms": duration,
    }


def _started_at(said: Phase, completed_at: int, duration: int | None) -> int | None:
    if duration is None:
        # COMPLETED's time is the start plus the duration, also while Jenkins still takes that for 0.
        return said.timestamp or None if said.phase == "COMPLETED" else None
    if duration > completed_at:
        raise unusable("build.duration", "makes the build start before 1970")
    return completed_at - duration


def _scm_branch(scm: _Scm) -> str:
    branch = (scm.branch or "").removeprefix("refs/heads/").removeprefix("refs/remotes/")
    return branch.removeprefix("origin/")


_SCP: Final = re.compile(r"[^/@:]+@[^/:]+:(?P<path>.+)")  # git@github.com:acme/app.git


def _repo(scm: _Scm) -> str:
    """`acme/app` out of any of Git's ways to write it; empty where it is no such address."""
    url = scm.url or ""
    short = _SCP.fullmatch(url)
    path = short["path"] if short else _path_of(url)
    return path.strip("/").removesuffix(".git").removeprefix("scm/")  # Bitbucket serves clones under /scm/


def _path_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise unusable("build.scm.url", "must be the address of a repository") from None
    return parts.path if parts.hostname else ""


def _short_enough(name: str) -> str:
    """What the build's address names must fit; only its percent-encoding hides what Url has not checked."""
    try:
        storable(name)
    except ValueError as error:
        raise unusable("build.full_url", str(error)) from None
    if len(name) > NAME_LIMIT:
        raise unusable("build.full_url", f"names a job or branch of more than {NAME_LIMIT} characters")
    return name
