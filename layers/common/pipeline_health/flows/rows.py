"""Numbers pipeline by pipeline: a page of rows, in the order that was asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, islice

from pipeline_health.api.problems import refused
from pipeline_health.api.questions import PipelineMetricsQuestion
from pipeline_health.domain.aggregates import Scope
from pipeline_health.domain.named import DEFAULT, Named, Sort, ordered
from pipeline_health.domain.slower import slower
from pipeline_health.domain.view import View, instant_view
from pipeline_health.domain.window import Cover, Window
from pipeline_health.flows.metrics import Aggregates, MetricsStore, Share, bounds


@dataclass(frozen=True)
class Rows:
    store: MetricsStore

    def page(self, asked: PipelineMetricsQuestion, now: int) -> View:
        window = Window.parse(asked.window, now)
        rows, more = self._rows(asked)
        shares = [Share(Scope(pipeline_id=p.pipeline_id), asked.branch == DEFAULT) for p in rows]
        read = self.store.aggregates(shares, Cover.of([window, window.before]))
        return {
            **bounds(window),
            "pipelines": [_row(p, each, window) for p, each in zip(rows, read, strict=True)],
            "next": asked.next(rows[-1].pipeline_id if more else None),
        }

    def _rows(self, asked: PipelineMetricsQuestion) -> tuple[list[Named], bool]:
        """This page's, and whether there are more. Only by id is the rest left unread."""
        after = asked.position or ""
        known = self.store.pipelines(after if asked.sort is Sort.ID else "")
        wanted = (pipeline for pipeline in known if _is_wanted(pipeline, asked))
        rows = wanted if asked.sort is Sort.ID else _behind(after, ordered(wanted, asked.sort))
        page = list(islice(rows, asked.limit + 1))
        return page[: asked.limit], len(page) > asked.limit


def _is_wanted(pipeline: Named, asked: PipelineMetricsQuestion) -> bool:
    return asked.provider in (None, pipeline.provider) and asked.repo in (None, pipeline.repo)


def _behind(pipeline_id: str, rows: list[Named]) -> Iterator[Named]:
    """Those behind this one; all where it is not given."""
    if not pipeline_id:
        return iter(rows)
    behind = dropwhile(lambda row: row.pipeline_id != pipeline_id, rows)
    if next(behind, None) is None:
        raise refused("cursor", "no longer fits the list; ask for the first page again")
    return behind


def _row(pipeline: Named, read: Aggregates, window: Window) -> View:
    shown, figures = pipeline.shown, read.figures(window)
    streak = shown.streak if shown else None
    return {
        "id": pipeline.pipeline_id,
        "provider": pipeline.provider,
        "repo": pipeline.repo,
        "name": pipeline.name,
        "streak": {"status": streak.status.value, "builds": streak.builds} if streak else None,
        "broken_since": instant_view(shown.broken_since if shown else None),
        "slower": slower(figures, read.figures(window.before)),
        **figures,
    }
