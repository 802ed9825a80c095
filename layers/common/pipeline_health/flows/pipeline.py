"""One pipeline, whole: how it and its branches stand, what changed, what is the matter with it."""

from dataclasses import dataclass
from typing import Final, Protocol

from pipeline_health.api.problems import not_found
from pipeline_health.api.questions import PipelineQuestion
from pipeline_health.domain.figures import Figures
from pipeline_health.domain.flaky import SPAN, Verdict
from pipeline_health.domain.marks import commit_number
from pipeline_health.domain.newest import Stretch, position_of
from pipeline_health.domain.overdue import silent_since, stuck, usual_gap
from pipeline_health.domain.pipeline import RECENT_BUILDS, Branch, Card
from pipeline_health.domain.slower import slower
from pipeline_health.domain.timeline import Segment, build_id, completed_at
from pipeline_health.domain.times import DAY, format_instant
from pipeline_health.domain.view import View, instant_view, seconds_view
from pipeline_health.domain.window import Window
from pipeline_health.flows.metrics import bounds
from pipeline_health.flows.pipeline_numbers import Asked, PipelineNumbers
from pipeline_health.flows.pipelines import pipeline_view, streak_view
from pipeline_health.flows.reading import AHEAD
from pipeline_health.flows.rows import flaky_view

BRANCHES: Final = 200
CHANGES: Final = 20
LONG: Final = DAY  # that a build may take: it is found by its start and counts by its end
BUILDS: Final = 1_000


class PipelineStore(Protocol):
    def card(self, pipeline_id: str) -> Card | None: ...
    def branches(self, pipeline_id: str, limit: int) -> list[Branch]: ...
    def segments(self, pipeline_id: str, branch: str, limit: int) -> list[Segment]:
        """The newest first."""


class BuildsStore(Protocol):
    def commits_of(self, pipeline_id: str, stretch: Stretch, limit: int) -> set[str]:
        """Of the newest builds there, at most so many of them."""


@dataclass(frozen=True)
class OnePipeline:
    metrics: PipelineStore
    builds: BuildsStore
    numbers: PipelineNumbers

    def view(self, pipeline_id: str, asked: PipelineQuestion, now: int) -> View:
        card = self.metrics.card(pipeline_id)
        if card is None:
            raise not_found("No such pipeline.")
        window = Window.parse(asked.window, now)
        (told,) = self.numbers.of([card], 0, Asked(window))
        p95, p95_before = _p95(told.figures), _p95(told.before)
        return {
            **pipeline_view(card, RECENT_BUILDS),
            **bounds(window),
            "figures": told.figures,
            "branches": [_branch(each) for each in self._branches(pipeline_id)],
            "changes": [_change(each) for each in self._changes(card)],
            "flaky": self._flaky(pipeline_id, told.flaky, now),
            "slower": {"slower": slower(told.figures, told.before), "p95": p95, "before": p95_before},
            "silent": _silent(card, now),
            "stuck": [f"{pipeline_id}.{b.run}.{b.attempt}" for b in stuck(card.recent, p95, now)],
        }

    def _branches(self, pipeline_id: str) -> list[Branch]:
        """The one that was active last first."""
        known = self.metrics.branches(pipeline_id, BRANCHES)
        return sorted(known, key=lambda b: (-(b.newest.at if b.newest else 0), b.name))

    def _changes(self, card: Card) -> list[Segment]:
        """Of the branch that its status comes from."""
        shown = card.shown
        some = self.metrics.segments(card.pipeline_id, shown.name, CHANGES) if shown else []
        return [segment for segment in some if segment.change]

    def _flaky(self, pipeline_id: str, verdict: Verdict, now: int) -> View:
        names = self._commits(pipeline_id, now) if verdict.flaky else {}
        named = [(names[commit], at) for commit, at in verdict.flaky.items() if commit in names]
        newest = sorted(named, key=lambda item: (-item[1], item[0]))
        return {
            **flaky_view(verdict),
            "flaky_commits": [{"commit": commit, "at": format_instant(at)} for commit, at in newest],
        }

    def _commits(self, pipeline_id: str, now: int) -> dict[int, str]:
        """By what marks call them."""
        stretch = Stretch(position_of(now - SPAN - LONG), position_of(now + AHEAD))
        commits = self.builds.commits_of(pipeline_id, stretch, BUILDS)
        return {commit_number(commit): commit for commit in commits}


def _p95(figures: Figures) -> float | None:
    value: float | None = figures["duration"]["p95"]
    return value


def _branch(branch: Branch) -> View:
    newest = branch.newest
    return {
        "branch": branch.name,
        "status": newest.status.value if newest else None,
        "last_build_at": instant_view(newest.at if newest else None),
        "broken_since": instant_view(branch.broken_since),
        "streak": streak_view(branch),
    }


def _change(segment: Segment) -> View:
    return {
        "change": segment.change.value if segment.change else None,
        "at": format_instant(completed_at(segment.start)),
        "build": build_id(segment.start),
        "builds": segment.n,
    }


def _silent(card: Card, now: int) -> View:
    return {
        "since": instant_view(silent_since(card.recent, now)),
        "usual_gap_seconds": seconds_view(usual_gap(card.recent)),
    }
