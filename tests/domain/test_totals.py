"""Totals are right, and what is told of them never goes down: a scraper would take that for a restart."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pipeline_health.adapters.counted_items import totals_from, totals_line
from pipeline_health.domain.aggregates import Moves, Scope
from pipeline_health.domain.totals import NAMES, NOTHING, Totals

PIPELINE = "github.1.2"
SCOPE = Scope(pipeline_id=PIPELINE)


def moves(**counters: int) -> Moves:
    return {(SCOPE, 1): Counter(counters), (Scope(), 1): Counter(success=100)}


def test_it_sums_a_pipeline_up_on_default_branches_and_others() -> None:
    some = moves(success=2, d_success=1, d_t17=1, t17=1, t300=1, d_passed_ms=7, time=9, timed=3, first=4)
    assert Totals().moved(some, PIPELINE).told == {
        "success": 3,
        "failure": 0,
        "cancelled": 0,
        "skipped": 0,
        "timed": 3,
        "time": 9,
        "passed": 3,
        "passed_ms": 7,
    }


def test_it_is_corrected_and_yet_told_no_less_until_it_has_grown_past_that() -> None:
    totals = Totals().moved(moves(failure=5), PIPELINE).moved(moves(failure=-1, success=1), PIPELINE)
    assert (totals.counted[:2], totals.told["failure"], totals.told["success"]) == ((1, 4), 5, 1)
    totals = totals.moved(moves(failure=1), PIPELINE)
    assert (totals.counted[1], totals.told["failure"], totals.over) == (5, 5, ())
    assert totals.moved(moves(failure=1), PIPELINE).told["failure"] == 6


@given(st.lists(st.tuples(*[st.integers(0, 50)] * len(NAMES)), max_size=12))
def test_it_tells_the_most_it_has_ever_been(history: list[tuple[int, ...]]) -> None:
    totals = Totals()
    for counted in history:
        totals = totals.corrected(counted)
        assert totals_from({"totals": totals_line(totals)}) == totals
    most = [max(column) for column in zip(NOTHING, *history, strict=True)]
    assert list(totals.told.values()) == most
    assert totals.counted == (history[-1] if history else NOTHING)


def test_a_card_from_before_there_were_totals_counts_from_nothing() -> None:
    before = totals_from({})
    assert before == Totals()
    assert before.moved(moves(failure=-1, success=1), PIPELINE).told["failure"] == 0
