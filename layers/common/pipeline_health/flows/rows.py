"""Numbers pipeline by pipeline: a page of rows, in the order that was asked for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pipeline_health.api.problems import refused
from pipeline_health.api.questions import PipelineMetricsQuestion
from pipeline_health.domain.figures import Figures, figures, rate
from pipeline_health.domain.flaky import LOOK_BACK, Verdict
from pipeline_health.domain.named import DEFAULT, Named, ordered
from pipeline_health.domain.row import Row, is_by_figures, ranked
from pipeline_health.domain.times import DAY
from pipeline_health.domain.view import View, instant_view
from pipeline_health.domain.window import Window
from pipeline_health.flows.metrics import MetricsStore, RowsStore, bounds

Listed = TypeVar("Listed")


@dataclass(frozen=True)
class Rows:
    """`flaky_commits` in seven days are too many."""

    store: MetricsStore
    flaky_commits: int

    def page(self, asked: PipelineMetricsQuestion, now: int) -> View:
        window = Window.parse(asked.window, now)
        known = list(self.store.pipelines())
        wanted = [pipeline for pipeline in known if _is_wanted(pipeline, asked)]

        def read(pipelines: Sequence[Named]) -> list[Row]:
            return self._read(pipelines, len(known), asked, now)

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

    def _read(
        self, pipelines: Sequence[Named], of: int, asked: PipelineMetricsQuestion, now: int
    ) -> list[Row]:
        ids = [pipeline.pipeline_id for pipeline in pipelines]
        ask = Asked(Window.parse(asked.window, now), asked.branch == DEFAULT, self.flaky_commits)
        told = told_of(ids, of, ask, self.store, now)
        return [Row(pipeline, *each) for pipeline, each in zip(pipelines, told, strict=True)]


@dataclass(frozen=True)
class Asked:
    """`flaky_commits` in seven days are too many."""

    window: Window
    default_only: bool
    flaky_commits: int


def told_of(
    ids: Sequence[str], of: int, asked: Asked, store: RowsStore, now: int
) -> Iterator[tuple[Figures, Figures, Verdict]]:
    """Of each pipeline the figures of the window and of the one before, and whether it is flaky."""
    window, days = asked.window, range((now - LOOK_BACK) // DAY, now // DAY + 1)
    for counted in store.rows(ids, of, [window, window.before], days, default_only=asked.default_only):
        in_window, before = (figures(total, window.hours) for total in counted.totals)
        yield in_window, before, Verdict.of(counted.concluded, now, asked.flaky_commits)


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
    commits, flaky = len(verdict.week.concluded), len(verdict.week.flaky)
    return {"flagged": verdict.flagged, "rate": rate(flaky, commits), "commits": commits, "flaky": flaky}
