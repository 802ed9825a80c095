"""Pipelines by the names that people use. A name is a label: several pipelines may share it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pipeline_health.domain.build import Status

DEFAULT: Final = "default"  # instead of a branch: each repository's default one


@dataclass(frozen=True)
class Latest:
    """How a newest build stands, and when it started."""

    status: Status
    at: int


@dataclass(frozen=True)
class Streak:
    """So many conclusive builds in a row ended alike."""

    status: Status
    builds: int


@dataclass(frozen=True)
class Shown:
    """The branch that a pipeline's status comes from, and whether that is the default one."""

    default: bool
    latest: Latest | None
    broken_since: int | None
    streak: Streak | None = None


@dataclass(frozen=True)
class Named:
    """What a summary needs of a pipeline's card. Its names are its newest build's.

    `broken` are its broken branches, with the completion of the first failure of each open streak. `lock`
    moves with whatever counts, and nothing counted in the hour `until` or later.
    """

    pipeline_id: str
    provider: str
    repo: str
    name: str
    latest: Latest
    shown: Shown | None = None
    broken: Mapping[str, int] = field(default_factory=dict)
    lock: int = 0
    until: int = 0

    @property
    def label(self) -> tuple[str, str, str]:
        """What it is called, and its id: where all else is equal, lists are in this order."""
        return self.name, self.repo, self.pipeline_id

    def open_since(self, branch: str | None) -> list[int]:
        """When each open episode began: on one branch, on the default one, or on any."""
        if branch is None:
            return list(self.broken.values())
        since = self._default_broken_since if branch == DEFAULT else self.broken.get(branch)
        return [] if since is None else [since]

    @property
    def _default_broken_since(self) -> int | None:
        return self.shown.broken_since if self.shown and self.shown.default else None

    def broken_on(self, branch: str | None) -> int | None:
        """Since when it is broken: on this branch, the default one, or (None) where its status comes from."""
        if branch is None:
            return self.shown.broken_since if self.shown else None
        return next(iter(self.open_since(branch)), None)


class Sort(StrEnum):
    """The order of a list of pipelines; every one is total, since it ends with the id."""

    ID = "id"
    NAME = "name"
    BROKEN = "broken"
    ACTIVE = "active"
    SUCCESS_RATE = "success_rate"
    BUILDS = "builds"
    DURATION = "duration"
    RECOVERY = "recovery"
    SLOWER = "slower"
    FLAKY = "flaky"


def ordered(pipelines: Iterable[Named], by: Sort) -> list[Named]:
    """By id or name upwards; the latest to break, or the newest build, first. Other orders are of figures."""
    return sorted(pipelines, key=lambda pipeline: _rank(pipeline, by))


def _rank(pipeline: Named, by: Sort) -> tuple[str | int, ...]:
    since = (pipeline.shown.broken_since if pipeline.shown else None) or 0
    match by:
        case Sort.BROKEN:
            return (-since, *pipeline.label)
        case Sort.ACTIVE:
            return (-pipeline.latest.at, *pipeline.label)
        case Sort.NAME:
            return pipeline.label
    return (pipeline.pipeline_id,)


def ids_of(pipelines: Iterable[Named], wanted: str, repo: str | None = None) -> list[str]:
    """The pipelines meant by an id or a name; an id means one, whoever else is called so."""
    known = [pipeline for pipeline in pipelines if repo in (None, pipeline.repo)]
    if any(pipeline.pipeline_id == wanted for pipeline in known):
        return [wanted]
    return [pipeline.pipeline_id for pipeline in known if pipeline.name == wanted]


def labels(pipelines: Sequence[Named]) -> dict[str, Named]:
    """By name; by `repo/name` where several share the name, and by id where even that is not enough."""
    names = Counter(pipeline.name for pipeline in pipelines)
    full_names = Counter(f"{pipeline.repo}/{pipeline.name}" for pipeline in pipelines)
    return {_label(pipeline, names, full_names): pipeline for pipeline in pipelines}


def _label(pipeline: Named, names: Counter[str], full_names: Counter[str]) -> str:
    full_name = f"{pipeline.repo}/{pipeline.name}"
    if names[pipeline.name] == 1:
        return pipeline.name
    return full_name if full_names[full_name] == 1 else pipeline.pipeline_id
