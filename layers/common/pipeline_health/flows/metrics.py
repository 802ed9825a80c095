"""Numbers for people to read: one window as a whole, cut into buckets, or pipeline by pipeline.

What is read depends on the window alone: its weeks, days and hours, at any number of builds.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from pipeline_health.api.problems import refused
from pipeline_health.api.questions import MetricsQuestion, TimeseriesQuestion
from pipeline_health.domain.aggregates import Scope
from pipeline_health.domain.comparison import difference
from pipeline_health.domain.figures import NO_FIGURES, Figures, figures
from pipeline_health.domain.flaky import Concluded
from pipeline_health.domain.kept import Kept
from pipeline_health.domain.named import DEFAULT, Latest, Named, ids_of, labels
from pipeline_health.domain.times import DAY, format_instant, seconds
from pipeline_health.domain.view import View
from pipeline_health.domain.window import HOURS_A_DAY, Cover, Window
from pipeline_health.flows.aggregates import Aggregates, Share
from pipeline_health.flows.reading import only

ACTIVE: Final = 90 * DAY  # pipelines without a build for longer have no last status
HOURLY: Final = 20 * HOURS_A_DAY  # the longest window that is cut into hours: five batches of a pipeline's
MOST: Final = 150_000  # counters as they came, with what was made of them 300 to 500 bytes each: some 60 MB

DEFINITION: Final = "/openapi.json#/components/schemas/Summary/properties/{}"


@dataclass(frozen=True)
class RowCounts:
    """Of one pipeline among many: what it counted in each window, and the builds that concluded a commit."""

    totals: list[Counter[str]]
    concluded: list[Concluded]


class RowsStore(Protocol):
    def rows(
        self, ids: Sequence[str], of: int, windows: Sequence[Window], days: range, *, default_only: bool
    ) -> Iterable[RowCounts]:
        """What each of these pipelines counted in each window, and concluded on these days, whatever the
        branch. There are `of` pipelines in all; 0 where nobody counted them.
        """


class MetricsStore(RowsStore, Protocol):
    def pipelines(self) -> Iterable[Named]:
        """By id."""

    def aggregates(self, share: Share, cover: Cover) -> Aggregates: ...

    def buckets(self, share: Share, window: Window, *, hourly: bool) -> Aggregates:
        """Every hour of the window; or every day, and the hours that its ends need."""

    def newest_on(self, pipeline_id: str, branch: str) -> Latest | None: ...


@dataclass(frozen=True)
class Part:
    """The part of everything that is asked about; without a share where nobody knows the pipeline."""

    share: Share | None
    branch: str | None
    pipelines: list[Named]

    def open_view(self, now: int) -> Figures:
        """Open episodes are not part of any mean: nobody knows yet how long they will be."""
        since = [since for pipeline in self.pipelines for since in pipeline.open_since(self.branch)]
        return {"open": len(since), "longest_open": seconds(now - min(since)) if since else None}

    def broken_since(self) -> list[int]:
        """When each of those that are broken now broke."""
        broken = [pipeline.broken_on(self.branch) for pipeline in self.pipelines]
        return [since for since in broken if since is not None]


@dataclass(frozen=True)
class Metrics:
    store: MetricsStore
    kept: Kept[tuple[str | int, ...], Figures] = field(default_factory=lambda: Kept(MOST))

    def summary(self, asked: MetricsQuestion, now: int) -> View:
        window = Window.parse(asked.window, now)
        known = list(self.store.pipelines())
        part = self._part(asked, known)
        both = [window.as_read(pipeline.until for pipeline in known), window.before]
        read = self._read(part, Cover.of(both))
        these, before = (self._figures(part, read, each, window.hours) for each in both)
        broken = part.broken_since()
        return {
            "window": asked.window,
            **bounds(window),
            **these,
            "recovery": {**these["recovery"], **part.open_view(now)},
            "broken_now": len(broken),
            "broken_in_window": sum(since >= window.start_at for since in broken),
            "trend": _trend(these, before, window.before),
            "last_status_by_pipeline": self._last_statuses(part, now),
            "definitions": {name: DEFINITION.format(name) for name in (*these, "broken_now", "trend")},
        }

    def timeseries(self, asked: TimeseriesQuestion, now: int) -> View:
        window = Window.parse(asked.window, now)
        part = self._part(asked, list(self.store.pipelines()) if asked.pipeline else [])
        hourly = asked.bucket == "hour"
        if hourly and window.hours > HOURLY:
            raise refused("bucket", "must be day for windows of more than 20d")
        read = self.store.buckets(part.share, window, hourly=hourly) if part.share else Aggregates()
        buckets = window.buckets(1 if hourly else HOURS_A_DAY)
        rows = [{**bounds(bucket), **self._figures(part, read, bucket, bucket.hours)} for bucket in buckets]
        return {**bounds(window), "buckets": rows}

    def figures(self, share: Share, read: Aggregates, window: Window, hours: int) -> Figures:
        """Of `hours`, however far the window is read."""
        terms = read.terms(window)
        if not any(terms):
            return NO_FIGURES
        of = *share.place, window.start, window.end, hours
        return self.kept.of(of, terms, lambda: figures(read.total(window), hours))

    def _part(self, asked: MetricsQuestion, known: list[Named]) -> Part:
        pipelines = [pipeline for pipeline in known if asked.repo in (None, pipeline.repo)]
        if asked.pipeline is None:
            if asked.branch not in (None, DEFAULT):
                raise refused("branch", "goes with a pipeline, or is the word default")
            share = Share(Scope(repo=asked.repo or ""), asked.branch == DEFAULT)
            return Part(share, asked.branch, pipelines)
        pipeline_id = only(ids_of(pipelines, asked.pipeline))
        if pipeline_id is None:
            return Part(None, asked.branch, [])
        branch = "" if asked.branch in (None, DEFAULT) else asked.branch
        mine = [pipeline for pipeline in pipelines if pipeline.pipeline_id == pipeline_id]
        share = Share(Scope(pipeline_id=pipeline_id, branch=branch), asked.branch == DEFAULT)
        return Part(share, asked.branch, mine)

    def _read(self, part: Part, cover: Cover) -> Aggregates:
        return self.store.aggregates(part.share, cover) if part.share else Aggregates()

    def _figures(self, part: Part, read: Aggregates, window: Window, hours: int) -> Figures:
        return self.figures(part.share, read, window, hours) if part.share else NO_FIGURES

    def _last_statuses(self, part: Part, now: int) -> dict[str, str]:
        """Of pipelines active in the last 90 days."""
        latest = {p.pipeline_id: self._latest(p, part.branch) for p in part.pipelines}
        active = {known: last for known, last in latest.items() if last and last.at >= now - ACTIVE}
        named = labels([pipeline for pipeline in part.pipelines if pipeline.pipeline_id in active])
        return {label: active[pipeline.pipeline_id].status.value for label, pipeline in named.items()}

    def _latest(self, pipeline: Named, branch: str | None) -> Latest | None:
        if branch is None:
            return pipeline.latest
        if branch == DEFAULT:
            return pipeline.shown.latest if pipeline.shown and pipeline.shown.default else None
        return self.store.newest_on(pipeline.pipeline_id, branch)


def bounds(window: Window) -> View:
    return {"from": format_instant(window.start_at), "to": format_instant(window.end_at)}


def _trend(these: Figures, before: Figures, window: Window) -> View | None:
    """The same figures of the window before, and how far each has moved; None where that one is empty."""
    if not any(before["builds"].values()):
        return None
    return {**bounds(window), "before": before, "change": difference(these, before)}
