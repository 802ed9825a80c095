"""A mark says what its build concluded, as a number that adds up like any counter."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from pipeline_health.domain.build import LATEST, Status, digest
from pipeline_health.domain.flaky import Concluded
from pipeline_health.domain.marks import concluded_from, is_mark, mark_counter, mark_of
from pipeline_health.domain.times import DAY
from tests.reading import ended

DIGITS = 28  # of decimals, wherever they are reckoned with

instants = some.integers(0, LATEST)
outcomes = some.sampled_from([Status.SUCCESS, Status.FAILURE])


@given(some.sampled_from(["0" * 10, "f" * 10, "00000000a1"]), outcomes, instants)
def test_it_says_commit_outcome_and_time(commit: str, status: Status, at: int) -> None:
    counter = mark_counter(f"aB-_09z{commit}", status, at)
    assert all(is_mark(name) and 0 < value < 10**DIGITS for name, value in counter.items())
    assert list(concluded_from(counter.values(), at // DAY)) == [
        Concluded(int(commit, 16), status is Status.SUCCESS, at)
    ]


@given(outcomes, instants, some.sampled_from(["a", "näher"]))
def test_what_was_taken_back_says_nothing(status: Status, at: int, commit: str) -> None:
    mark = mark_of(ended(0, status, commit=commit))
    assert mark
    total = Counter(mark_counter(mark, status, at))
    total.subtract(mark_counter(mark, status, at))
    assert list(concluded_from(total.values(), at // DAY)) == []


def test_every_attempt_of_every_run_has_its_own() -> None:
    def mark(**said: Any) -> str | None:
        return mark_of(ended(0, **{"commit": "a", "run": "7", **said}))

    marks = [mark(), mark(attempt=2), mark(run="71"), mark(run="8")]
    assert len({each and each[:7] for each in marks}) == 4
    assert {each and each[7:] for each in marks} == {digest("a", length=10)}


def test_only_what_concludes_a_commit_has_one() -> None:
    assert mark_of(ended(0, Status.CANCELLED, commit="a")) is None
    assert mark_of(ended(0)) is None
