"""Jenkins' JSON API: a build it lists, put as the Notification plugin would have put it.

https://www.jenkins.io/doc/book/using/remote-access-api/ . `timestamp` is the start, `duration` is 0 while it
runs, and what was checked out stands among the actions of the Git plugin. When it was queued is not said.
"""

from typing import Annotated, Any, Final

from pydantic import Field

from pipeline_health.domain.build import Name, Sighting, version_of
from pipeline_health.providers.delivery import Delivery
from pipeline_health.providers.fields import DURATION_LIMIT, FreeText, Label, Wire, checked
from pipeline_health.providers.jenkins import Milliseconds, Notification, build_of
from pipeline_health.providers.jenkins_job import job_of

FIELDS: Final = (
    "number,url,result,building,timestamp,duration,actions[lastBuiltRevision[SHA1,branch[name]],remoteUrls]"
)
_COMPLETED: Final = 1  # how COMPLETED weighs among a build's phases


class _Branch(Wire):
    name: Label | None = None


class _Revision(Wire):
    SHA1: Name | None = None
    branch: list[_Branch] = Field(default_factory=list)


class _Action(Wire):
    lastBuiltRevision: _Revision | None = None  # noqa: N815  (Jenkins' name)
    remoteUrls: list[Label] = Field(default_factory=list)  # noqa: N815


class _Listed(Wire):
    url: str
    number: int | None = None
    result: FreeText | None = None
    building: bool = False
    timestamp: Milliseconds
    duration: Annotated[int, Field(le=DURATION_LIMIT)] = 0
    actions: list[_Action | None] = Field(default_factory=list)


def sighting(listed: dict[str, Any], multibranch: bool | None, now: int) -> Sighting:
    """Refusal where it cannot be used. `multibranch` as on the webhook's URL."""
    nothing_signed = Delivery(b"", now)
    said = checked(_Listed, listed, nothing_signed)
    phase = checked(Notification, {"build": _as_notified(said)}, nothing_signed).build
    build = build_of(phase, job_of(phase.full_url, multibranch), now)
    body = build.model_dump_json().encode()
    version = version_of(
        build.status, webhook=False, phase=_COMPLETED, sent_at=phase.timestamp or 0, body=body
    )
    return Sighting(build=build, version=version)


def _as_notified(said: _Listed) -> dict[str, Any]:
    duration = 0 if said.building else max(0, said.duration)
    return {
        "full_url": said.url,
        "phase": "STARTED" if said.building else "COMPLETED",
        "number": said.number,
        "status": said.result,
        "timestamp": said.timestamp + duration,
        "duration": duration,
        "scm": _scm(said),
    }


def _scm(said: _Listed) -> dict[str, Any]:
    """The first check-out is the job's own; those of shared libraries come after it."""
    for action in said.actions:
        if action and action.lastBuiltRevision:
            revision = action.lastBuiltRevision
            branch = revision.branch[0].name if revision.branch else None
            url = action.remoteUrls[0] if action.remoteUrls else None
            return {"url": url, "branch": branch, "commit": revision.SHA1}
    return {}
