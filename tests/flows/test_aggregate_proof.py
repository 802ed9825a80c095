"""Whatever is corrected, repeated, interrupted or overtaken: in the end it is that of the builds alone.

`make fuzz` runs many more sequences than `make test` does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_health.domain import pipeline
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.ledger import Stored
from pipeline_health.domain.marks import commit_number
from pipeline_health.domain.recent import Recent, Strip, order
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation, Record
from tests.counting import (
    DEFAULTS,
    MemoryAside,
    MemoryBuilds,
    MemoryCounts,
    MemoryTopic,
    concluded,
    expected_totals,
)
from tests.flows.test_aggregate import START, a_build, assert_cards, assert_timelines
from tests.flows.test_aggregate_faults import Died, Life, mortal

SEQUENCES = max(1_000, settings().max_examples)
ENDED = [Status.SUCCESS, Status.FAILURE, Status.FAILURE, Status.CANCELLED, Status.SKIPPED]
COMMITS = [None, "acb5820", "näher"]
History = list[Build]


@dataclass
class Delivery:
    """A batch for one worker: at which call it dies, if at all, and how often another is faster."""

    records: list[Record]
    dies_at: int
    with_effect: bool
    overtaken: int


@st.composite
def a_history(draw: st.DrawFn, number: int) -> History:
    """One build as its sender told of it: running, ended, and corrected in anything but its identity."""
    identity = {
        "pipeline_id": draw(st.sampled_from(["github.1.2", "github.1.3"])),
        "run": str(draw(st.integers(1, 8))),
        "attempt": draw(st.integers(1, 3)),
    }
    states = draw(st.lists(st.sampled_from([Status.IN_PROGRESS, *ENDED]), min_size=1, max_size=4))
    states.sort(key=lambda status: status.rank)
    return [a_build(number, status, **identity, **draw(_facts(status))) for status in states]


@st.composite
def _facts(draw: st.DrawFn, status: Status) -> dict[str, Any]:
    minute = draw(st.integers(0, 150))
    ended = START + minute * 60_000
    return {
        "repo": draw(st.sampled_from(["acme/app", "acme/lib"])),
        "pipeline": draw(st.sampled_from(["ci", "CI, renamed"])),
        "branch": draw(st.sampled_from(["main", "trunk", "feature"])),
        "default_branch": draw(st.sampled_from([None, "main", "trunk"])),
        "started_at": ended - draw(st.integers(0, 90)) * 60_000,
        "completed_at": ended if status.completed else None,
        "duration_ms": draw(st.sampled_from([None, 0, 61_234])) if status.completed else None,
        "queued_at": draw(st.sampled_from([None, START - 5_000])),
        "commit": draw(st.sampled_from(COMMITS)),
        "first_job_at": draw(st.sampled_from([None, START + 9_000])),
    }


@st.composite
def a_stream(draw: st.DrawFn) -> tuple[list[History], list[Delivery]]:
    """In order for each build alone, some expired, cut into batches, each repeated at once or much later."""
    drawn = [draw(a_history(number)) for number in range(draw(st.integers(1, 10)))]
    histories = list({history[0].id: history for history in drawn}.values())
    turn = [0] * len(histories)
    records: list[Record] = []
    for index in draw(st.permutations([i for i, history in enumerate(histories) for _ in history])):
        records.append({"build": histories[index][turn[index]], "revision": turn[index] + 1})
        turn[index] += 1
    records += [{"removed": history[-1]} for history in histories if draw(st.integers(0, 5)) == 0]
    deliveries: list[Delivery] = []
    while records:
        size = draw(st.integers(1, len(records)))
        deliveries.append(_delivery(draw, records[:size]))
        records = records[size:]
        if draw(st.booleans()):
            deliveries.append(_delivery(draw, draw(st.sampled_from(deliveries)).records))
    return histories, deliveries


def _delivery(draw: st.DrawFn, records: list[Record]) -> Delivery:
    return Delivery(records, draw(st.integers(0, 6)), draw(st.booleans()), draw(st.integers(0, 2)))


class Overtaken:
    """The table as one worker sees it: just before its writes, others do theirs."""

    def __init__(self, counts: MemoryCounts, times: int, meanwhile: Callable[[], None]) -> None:
        self._counts, self._times, self._meanwhile = counts, times, meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._counts, name)

    def write(self, outcome: Any) -> None:
        if self._times:
            self._times -= 1
            self._meanwhile()
        self._counts.write(outcome)


def read(record: Record) -> Stored | None:
    return Stored(record["build"], record["revision"]) if "build" in record else None


@dataclass
class World:
    counts: MemoryCounts
    topic: MemoryTopic
    builds: MemoryBuilds
    left: list[Delivery]

    def work(self) -> None:
        """The next batch by one worker; where that dies, Lambda brings the batch again."""
        if not self.left:
            return
        batch = self.left.pop(0)
        counts = Overtaken(self.counts, batch.overtaken, self.work)
        to = Aggregation(counts, self.builds, self.topic, MemoryAside(), read, lambda _: None, DEFAULTS)
        try:
            aggregate(batch.records, mortal(to, Life(batch.dies_at, with_effect=batch.with_effect)))
        except Died:
            aggregate(batch.records, to)


def check(stream: tuple[list[History], list[Delivery]]) -> None:
    histories, deliveries = stream
    final = [history[-1] for history in histories]
    builds = MemoryBuilds({build.id: build for build in final})
    world = World(MemoryCounts(), MemoryTopic(), builds, list(deliveries))
    while world.left:
        world.work()
    assert world.counts.totals == expected_totals(final)
    assert_timelines(world.counts, final)
    assert_cards(world.counts, final)
    assert_commits(world.counts, final)
    assert_strips(world.counts, final)
    last_words = {(history[-1].id, len(history)) for history in histories}
    assert last_words <= {(event.build.id, event.revision) for event in world.topic.told}


def assert_commits(counts: MemoryCounts, final: list[Build]) -> None:
    """Every commit that concluded is known by its time and outcome, once for each of its builds."""
    names = {commit_number(commit): commit for commit in COMMITS if commit}
    for pipeline_id in counts.cards:
        mine = [build for build in final if build.pipeline_id == pipeline_id and build.commit]
        expected = [
            (b.commit, b.status is Status.SUCCESS, b.completed_at) for b in mine if b.status.conclusive
        ]
        said = [(names[c.commit], c.passed, c.at) for c in concluded(counts, pipeline_id)]
        assert sorted(said) == sorted(expected)


def assert_strips(counts: MemoryCounts, final: list[Build]) -> None:
    """Each branch's newest build, and what the card takes from a branch."""
    for (owner, name), branch in counts.branches.items():
        there = [build for build in final if (build.pipeline_id, build.branch) == (owner, name)]
        assert branch.newest == (Recent.of(max(there, key=order)) if there else None)
    for owner, card in counts.cards.items():
        mine = sorted((build for build in final if build.pipeline_id == owner), key=order, reverse=True)
        said = [build.default_branch for build in mine if build.default_branch]
        assert card.default_branch == (said[0] if said else None)
        candidates = [*(said[:1] or sorted(DEFAULTS)), mine[0].branch]
        names = [name for name in candidates if any(build.branch == name for build in mine)]
        assert card.shown
        shown = counts.branches[owner, names[0]]
        assert (card.shown.name, card.shown.newest, card.shown.head) == (names[0], shown.newest, shown.head)


@settings(max_examples=SEQUENCES, deadline=None, print_blob=True)
@given(a_stream())
def test_it_ends_the_same_whatever_is_corrected_repeated_interrupted_or_overtaken(
    stream: tuple[list[History], list[Delivery]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "SAID", 30)  # an empty strip would start anew: see below
        check(stream)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 99)), max_size=25))
def test_a_strip_is_exact_and_at_worst_shorter_until_it_is_empty(written: list[tuple[int, int]]) -> None:
    limit = 3
    strip, latest, ran_empty = Strip(), dict[str, Recent](), False
    for run, at in written:
        recent = Recent(at, 1, str(run), Status.SUCCESS)
        latest[recent.run] = recent
        ran_empty = ran_empty or (strip.cut and not strip.without(recent).builds)
        strip = strip.with_build(recent, limit)
        expected = sorted(latest.values(), key=lambda build: build.order, reverse=True)
        assert ran_empty or list(strip.builds) == expected[: len(strip.builds)]
        assert strip.cut or len(strip.builds) == len(latest)
