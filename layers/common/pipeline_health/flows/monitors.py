"""For build monitors: every pipeline of every sender, under a name of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from pipeline_health.api.cctray import Project
from pipeline_health.api.output_questions import TrayQuestion
from pipeline_health.domain.named import labels
from pipeline_health.domain.standing import Standing


class StandingsStore(Protocol):
    def standings(self) -> Iterable[Standing]:
        """By id."""


@dataclass(frozen=True)
class Monitors:
    """`page` is the address of our page."""

    store: StandingsStore
    page: str

    def projects(self, asked: TrayQuestion) -> list[Project]:
        all_of_them = {standing.named.pipeline_id: standing for standing in self.store.standings()}
        named = labels([standing.named for standing in all_of_them.values()])
        return [
            self._project(label, all_of_them[pipeline.pipeline_id])
            for label, pipeline in named.items()
            if asked.provider in (None, pipeline.provider) and asked.repo in (None, pipeline.repo)
        ]

    def _project(self, label: str, standing: Standing) -> Project:
        ended = standing.ended
        return Project(
            name=label,
            building=standing.running,
            last=ended.status if ended else None,
            ended_at=ended.at if ended else standing.named.latest.at,
            url=f"{self.page}?pipeline={standing.named.pipeline_id}",
            number=ended.number if ended else None,
        )
