"""Pipelines by the names that people use. A name is a label: several pipelines may share it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline_health.domain.build import Status

DEFAULT: Final = "default"  # instead of a branch: each repository's default one


@dataclass(frozen=True)
class Latest:
    """How a newest build stands, and when it started."""

    status: Status
    at: int


@dataclass(frozen=True)
class Shown:
    """The branch that a pipeline's status comes from, and whether that is the default one."""

    default: bool
    latest: Latest | None
    broken_since: int | None


@dataclass(frozen=True)
class Named:
    """What a summary needs of a pipeline's card. Its names are its newest build's.

    `broken` are its broken branches, with the completion of the first failure of each open streak.
    """

    pipeline_id: str
    provider: str
    repo: str
    name: str
    latest: Latest
    shown: Shown | None = None
    broken: Mapping[str, int] = field(default_factory=dict)

    def open_since(self, branch: str | None) -> list[int]:
        """When each open episode began: on one branch, on the default one, or on any."""
        if branch is None:
            return list(self.broken.values())
        since = self._default_broken_since if branch == DEFAULT else self.broken.get(branch)
        return [] if since is None else [since]

    @property
    def _default_broken_since(self) -> int | None:
        return self.shown.broken_since if self.shown and self.shown.default else None

    def is_broken(self, branch: str | None) -> bool:
        if branch is None:
            return self.shown is not None and self.shown.broken_since is not None
        return bool(self.open_since(branch))


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
