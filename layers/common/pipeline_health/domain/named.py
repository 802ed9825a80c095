"""Pipelines by the names that people use. A name is a label: several pipelines may share it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline_health.domain.build import Status


@dataclass(frozen=True)
class Named:
    """A pipeline as its newest build names it, with how that build stands and when it started."""

    pipeline_id: str
    provider: str
    repo: str
    name: str
    status: Status
    at: int


def ids_of(pipelines: Iterable[Named], wanted: str, repo: str | None = None) -> list[str]:
    """The pipelines meant by an id or a name; an id means one, whoever else is called so."""
    known = list(pipelines)
    if any(pipeline.pipeline_id == wanted for pipeline in known):
        return [wanted]
    return [p.pipeline_id for p in known if p.name == wanted and repo in (None, p.repo)]


def last_statuses(pipelines: Iterable[Named], since: int) -> dict[str, Status]:
    """The newest build's status of each pipeline active since then, by its name; by `repo/name` where several
    share the name, and by its id where even that is not enough.
    """
    active = sorted((p for p in pipelines if p.at >= since), key=lambda p: (p.name, p.repo, p.pipeline_id))
    names = Counter(p.name for p in active)
    full_names = Counter(f"{p.repo}/{p.name}" for p in active)
    return {_label(p, names, full_names): p.status for p in active}


def _label(pipeline: Named, names: Counter[str], full_names: Counter[str]) -> str:
    full_name = f"{pipeline.repo}/{pipeline.name}"
    if names[pipeline.name] == 1:
        return pipeline.name
    return full_name if full_names[full_name] == 1 else pipeline.pipeline_id
