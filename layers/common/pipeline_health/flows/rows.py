"""Numbers pipeline by pipeline: a page of rows, in the order that was asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pipeline_health.api.problems import refused
from pipeline_health.api.questions import PipelineMetricsQuestion
from pipeline_health.domain.figures import rate
from pipeline_health.domain.flaky import Verdict
from pipeline_health.domain.named import DEFAULT, Named, ordered
from pipeline_health.domain.row import Row, is_by_figures, ranked
from pipeline_health.domain.view import View, instant_view
from pipeline_health.domain.window import Window
from pipeline_health.flows.metrics import MetricsStore, bounds
from pipeline_health.flows.pipeline_numbers import Asked, PipelineNumbers

Listed = TypeVar("Listed")


@dataclass(frozen=True)
class Rows:
    store: MetricsStore
    numbers: PipelineNumbers

    def page(self, asked: PipelineMetricsQuestion, now: int) -> View:
        window = Window.parse(asked.window, now)
        known = list(self.store.pipelines())
        wanted = [pipeline for pipeline in known if _is_wanted(pipeline, asked)]

        def read(pipelines: Sequence[Named]) -> list[Row]:
            return self._read(pipelines, len(known), Asked(window, asked.branch == DEFAULT))

        if is_by_figures(asked.sort):
            rows, more = _cut(ranked(read(wanted), asked.sort), lambda row: row.pipeline.pipeline_id, asked)
        else:
            page, more = _cut(ordered(wanted, asked.sort), lambda pipeline: pipeline.pipeline_id, asked)
            rows = read(page)
        return {
            **bounds(window),
            "pipelines": [_view(row) for row in rows],
            "next": asked.next(rows[-1].pipeline.pipeline_id if more else None),
        }

    def _read(self, pipelines: Sequence[Named], known: int, asked: Asked) -> list[Row]:
        told = self.numbers.of(pipelines, known, asked)
        return [
            Row(pipeline, each.figures, each.before, each.flaky)
            for pipeline, each in zip(pipelines, told, strict=True)
        ]


def _is_wanted(pipeline: Named, asked: PipelineMetricsQuestion) -> bool:
    return asked.provider in (None, pipeline.provider) and asked.repo in (None, pipeline.repo)


def _cut(
    listed: list[Listed], id_of: Callable[[Listed], str], asked: PipelineMetricsQuestion
) -> tuple[list[Listed], bool]:
    """The page behind the row that the cursor names, and whether there are more."""
    start = 0
    if asked.position:
        ids = [id_of(each) for each in listed]
        if asked.position not in ids:
            raise refused("cursor", "no longer fits the list; ask for the first page again")
        start = ids.index(asked.position) + 1
    end = start + asked.limit
    return listed[start:end], end < len(listed)


def _view(row: Row) -> View:
    pipeline, shown = row.pipeline, row.pipeline.shown
    streak = shown.streak if shown else None
    return {
        "id": pipeline.pipeline_id,
        "provider": pipeline.provider,
        "repo": pipeline.repo,
        "name": pipeline.name,
        "streak": {"status": streak.status.value, "builds": streak.builds} if streak else None,
        "broken_since": instant_view(shown.broken_since if shown else None),
        "slower": row.slower,
        "flaky": flaky_view(row.flaky),
        **row.figures,
    }


def flaky_view(verdict: Verdict) -> View:
    flaky, commits = len(verdict.flaky), verdict.commits
    return {"flagged": verdict.flagged, "rate": rate(flaky, commits), "commits": commits, "flaky": flaky}
