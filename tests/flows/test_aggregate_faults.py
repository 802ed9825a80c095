"""A worker may die at any request, before or after its effect; the batch comes again; the end is the same."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipeline_health.domain.build import Status
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation, Record
from tests.counting import expected_totals
from tests.flows.test_aggregate import a_build, flow, sent


class Died(Exception):
    """The process is gone: nothing after this runs."""


class Mortal:
    """Passes every call on to `living`, and dies at the chosen one, before or after it took effect."""

    def __init__(self, living: object, life: "Life") -> None:
        self._living = living
        self._life = life

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._living, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._life.before()
            answer = method(*args, **kwargs)
            self._life.after()
            return list(answer) if isinstance(answer, Iterator) else answer

        return call


class Life:
    """Counts the calls; dies at the `last` one, once."""

    def __init__(self, last: int, *, with_effect: bool) -> None:
        self.calls = 0
        self._last = last
        self._with_effect = with_effect

    def before(self) -> None:
        self.calls += 1
        if self.calls == self._last and not self._with_effect:
            raise Died

    def after(self) -> None:
        if self.calls == self._last and self._with_effect:
            raise Died


def mortal(to: Aggregation, life: Life) -> Aggregation:
    return replace(
        to, counts=Mortal(to.counts, life), topic=Mortal(to.topic, life), aside=Mortal(to.aside, life)
    )


HISTORY = [a_build(n, [Status.SUCCESS, Status.FAILURE][n % 3 == 0]) for n in range(10, 20)]
# Two pipelines, a late build that splits a segment, one that can't be read: every kind of request occurs.
BATCH: list[Record] = [
    *sent([a_build(30, Status.FAILURE), a_build(14, Status.FAILURE, run="late")]),
    {"broken": True},
    *sent([a_build(31, pipeline_id="github.1.3")]),
]
BUILDS = [*HISTORY, *(record["build"] for record in BATCH if "build" in record)]


def calls_of_one_batch() -> int:
    to, *_ = flow()
    aggregate(sent(HISTORY), to)
    life = Life(-1, with_effect=False)
    aggregate(BATCH, mortal(to, life))
    return life.calls


@pytest.mark.parametrize("with_effect", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("call", range(1, calls_of_one_batch() + 1))
def test_a_death_at_any_request_changes_nothing_in_the_end(call: int, *, with_effect: bool) -> None:
    to, counts, topic, aside = flow()
    aggregate(sent(HISTORY), to)
    told_before = len(topic.told)
    with pytest.raises(Died):
        aggregate(BATCH, mortal(to, Life(call, with_effect=with_effect)))
    aggregate(BATCH, to)
    assert counts.totals == expected_totals(BUILDS)
    told = {(event.build.id, event.change, event.flip) for event in topic.told[told_before:]}
    assert told == told_without_a_death()
    assert {reason for _, reason in aside.kept} == {"unreadable: ValueError"}


def told_without_a_death() -> set[tuple[str, str | None, int]]:
    to, _, topic, _ = flow()
    aggregate(sent(HISTORY), to)
    before = len(topic.told)
    aggregate(BATCH, to)
    return {(event.build.id, event.change, event.flip) for event in topic.told[before:]}


def test_a_change_is_told_though_its_build_was_written_again_before_anybody_heard() -> None:
    """Counted, then death before the telling; meanwhile the build gained a fact (when it was queued)."""
    to, _, topic, _ = flow()
    broken = a_build(1, Status.FAILURE)
    with pytest.raises(Died):
        aggregate(sent([broken]), mortal(to, Life(3, with_effect=False)))
    assert topic.told == []
    known_better = broken.model_copy(update={"queued_at": broken.started_at})
    aggregate([*sent([broken]), *sent([known_better], revision=2)], to)
    assert [(event.change, event.flip, event.revision) for event in topic.told] == [("broken", 1, 2)]


def test_a_batch_that_comes_again_days_later_changes_nothing() -> None:
    """DynamoDB forgets a ClientRequestToken after ten minutes; the ledger does not forget."""
    to, counts, _, _ = flow()
    aggregate(sent(HISTORY), to)
    aggregate(BATCH, to)
    before = counts.totals
    for _ in ("25 hours later", "4 days later"):
        tally = aggregate(BATCH, to)
        assert (tally.counted, tally.repeated) == (0, 3)
    assert counts.totals == before
