"""A build as its item holds it, and back. Apart from who writes it: who only reads needs no sender.

What no sender says in one word with the rest stands beside `build` in attributes of its own: see builds.py.
"""

from collections.abc import Mapping
from typing import Any, Final

from pipeline_health.adapters.dynamodb import from_item
from pipeline_health.domain.build import Build, Status, unsaid

_BESIDE: Final = frozenset({"queued_at", "first_job_at", "logs", "created_at", "updated_at"})


def described(build: Build) -> dict[str, Any]:
    return unsaid(build.model_dump(mode="json", exclude=set(_BESIDE)))


def build_from(item: Mapping[str, Any]) -> Build:
    """The build of an item, an index entry (without logs) or a stream image.

    A sender without a clock (old Jenkins plugins) never says when a build started: then it started when it
    was first stored, if that lies before its end. Where the word of the end came first, nobody knows.
    """
    stored = from_item(item)
    beside = {name: stored[name] for name in _BESIDE & stored.keys()}
    return timed(Build.model_validate({**stored["build"], **beside}))


def from_image(image: Mapping[str, Any]) -> tuple[Build, int]:
    """A stream image's build, and which revision of it this is (1, 2, ...)."""
    return build_from(image), int(image["revision"]["N"])


def timed(build: Build) -> Build:
    return build if build.started_at else _started_when_stored(build)


def _started_when_stored(build: Build) -> Build:
    ended_first = build.completed_at is not None and build.completed_at <= build.created_at
    if build.status is Status.QUEUED or ended_first:
        return build
    started: dict[str, Any] = {"started_at": build.created_at}
    if build.completed_at and build.duration_ms is None:
        started["duration_ms"] = build.completed_at - build.created_at
    return build.model_copy(update=started)
