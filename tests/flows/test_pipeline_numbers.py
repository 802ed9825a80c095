"""A process that remembers says what one says that has just started, and reads only what has changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.domain.window import Window
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation
from pipeline_health.flows.metrics import RowCounts
from pipeline_health.flows.pipeline_numbers import Asked, PipelineNumbers, Told
from tests.counting import DEFAULTS, MemoryAside, MemoryBuilds, MemoryCounts, MemoryTopic, records, stored_of
from tests.flows.test_metrics import MemoryMetrics
from tests.live import NOW, a_build

IDS = ["github.1.1", "github.1.2", "github.1.3"]


@dataclass(frozen=True)
class Watched(MemoryMetrics):
    """It remembers which pipelines it was asked about."""

    asked: list[str] = field(default_factory=list)

    def rows(self, ids: Sequence[str], *args: Any, **said: Any) -> list[RowCounts]:
        self.asked.extend(ids)
        return super().rows(ids, *args, **said)


class Story:
    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.counts = MemoryCounts()
        self.store = Watched(self.counts)
        self.numbers = PipelineNumbers(self.store, 2)
        self._to = Aggregation(
            self.counts, MemoryBuilds(), MemoryTopic(), MemoryAside(), stored_of, lambda _: None, DEFAULTS
        )

    def count(self, *builds: Build) -> None:
        aggregate(records(builds), self._to)

    def build(self, number: int) -> Build:
        ended = NOW - self.chance.randrange(20 * DAY)
        return a_build(
            pipeline_id=self.chance.choice(IDS),
            run=str(number % 40),  # so that some are corrected
            branch=self.chance.choice(["main", "x"]),
            commit=self.chance.choice("abc"),
            status=self.chance.choice([Status.SUCCESS, Status.FAILURE, Status.CANCELLED]),
            started_at=ended - 60_000,
            completed_at=ended,
            duration_ms=60_000,
        )

    def told(self, asked: Asked, numbers: PipelineNumbers | None = None) -> list[Told]:
        known = list(self.store.pipelines())
        return (numbers or self.numbers).of(known, len(known), asked)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_remembered_is_what_would_be_read(seed: int) -> None:
    story = Story(Random(seed))
    for number in range(80):
        story.count(story.build(number))
        now = NOW + story.chance.choice([0, 0, 0, HOUR])
        window = Window.parse(story.chance.choice(["24h", "7d"]), now)
        asked = Asked(window, default_only=story.chance.random() < 0.2)
        assert story.told(asked) == story.told(asked, PipelineNumbers(story.store, 2)), f"seed {seed}"


def test_only_what_built_since_is_read_again() -> None:
    story = Story(Random(1))
    story.count(*map(story.build, range(30)))
    asked = Asked(Window.parse("7d", NOW))
    story.told(asked)
    assert story.store.asked == IDS
    story.store.asked.clear()
    story.told(asked)
    assert story.store.asked == []
    story.count(a_build(pipeline_id=IDS[1], run="99", status=Status.SUCCESS, completed_at=NOW))
    story.told(asked)
    assert story.store.asked == [IDS[1]]


@pytest.mark.parametrize(
    "other", [Asked(Window.parse("7d", NOW + HOUR)), Asked(Window.parse("7d", NOW), default_only=True)]
)
def test_another_hour_or_question_is_read_anew(other: Asked) -> None:
    story = Story(Random(1))
    story.count(*map(story.build, range(30)))
    story.told(Asked(Window.parse("7d", NOW)))
    story.store.asked.clear()
    story.told(other)
    assert story.store.asked == IDS
