"""cctray.xml, which CCMenu, Nevergreen and other build monitors read: https://cctray.org/v1/

It never says `Exception`: whatever a sender calls a failure is one here. Elements are one for each pipeline,
by the branch that its status comes from.
"""

from dataclasses import dataclass
from typing import Final

from pipeline_health.api.markup import escaped
from pipeline_health.domain.build import Status
from pipeline_health.domain.times import format_instant

MEDIA_TYPE: Final = "application/xml"
_STATUS: Final = {Status.SUCCESS: "Success", Status.FAILURE: "Failure", None: "Unknown"}


@dataclass(frozen=True)
class Project:
    """`last` is how its last conclusive build ended (None before any), at `ended_at`."""

    name: str
    building: bool
    last: Status | None
    ended_at: int
    url: str
    number: int | None = None


def cctray(projects: list[Project]) -> str:
    lines = "".join(map(_line, projects))
    return f'<?xml version="1.0" encoding="utf-8"?>\n<Projects>\n{lines}</Projects>\n'


def _line(project: Project) -> str:
    number = "" if project.number is None else f' lastBuildLabel="{project.number}"'
    return (
        f'<Project name="{escaped(project.name)}" activity="{"Building" if project.building else "Sleeping"}"'
        f' lastBuildStatus="{_STATUS[project.last]}"{number}'
        f' lastBuildTime="{format_instant(project.ended_at)}" webUrl="{escaped(project.url)}"/>\n'
    )
