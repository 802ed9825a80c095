"""Flaky commits, and the pipelines flagged for them."""

import pytest

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.flaky import Commits, Concluded, Verdict, is_flagged
from pipeline_health.domain.marks import commit_number
from pipeline_health.domain.times import DAY, HOUR
from tests.counting import concluded_by
from tests.reading import NOW, ended

S, F, C, K = Status.SUCCESS, Status.FAILURE, Status.CANCELLED, Status.SKIPPED


def history(*states: tuple[str | None, Status]) -> list[Build]:
    """One an hour, the last one an hour ago."""
    return [
        ended((len(states) - n) * HOUR, status, commit=commit) for n, (commit, status) in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("states", "flaky"),
    [
        ([("a", F), ("a", S)], ["a"]),
        ([("a", S), ("a", F)], ["a"]),
        ([("a", F), ("a", F)], []),
        ([("a", F), ("b", S)], []),
        ([("a", F), ("a", C), ("a", K)], []),
        ([("a", C), ("a", K), ("a", S)], []),
        ([(None, F), (None, S)], []),
        ([("a", F), ("b", F), ("a", S), ("b", S), ("c", S)], ["a", "b"]),
    ],
)
def test_a_commit_is_flaky_once_it_both_failed_and_succeeded(
    states: list[tuple[str | None, Status]], flaky: list[str]
) -> None:
    assert Commits.of(concluded_by(history(*states))).flaky.keys() == set(map(commit_number, flaky))


def test_it_turned_out_when_the_second_outcome_came_in_any_order() -> None:
    builds = history(("a", F), ("a", F), ("a", S), ("a", F))
    for some in (builds, builds[::-1]):
        commits = Commits.of(concluded_by(some))
        assert commits.concluded == {commit_number("a"): NOW - 4 * HOUR}
        assert commits.flaky == {commit_number("a"): NOW - 2 * HOUR}


def test_running_builds_conclude_nothing() -> None:
    running = ended(HOUR, Status.IN_PROGRESS, commit="a", completed_at=None, duration_ms=None)
    assert Commits.of(concluded_by([running])) == Commits({}, {})


@pytest.mark.parametrize(
    ("days_ago", "flagged"),
    [
        ([], False),
        ([1, 2], False),
        ([1, 2, 3], True),
        ([1, 4, 8.1], False),
        ([1, 4, 8], True),
        ([6, 8, 10], True),
        ([7, 8, 9], True),
        ([7.1, 8, 9], False),
        ([1, 9, 10, 11], False),  # cleared by the pause between, and one more does not flag it again
        ([2, 8, 14, 15, 16], True),
    ],
)
def test_three_within_seven_days_flag_it_until_seven_quiet_days(days_ago: list[float], flagged: bool) -> None:
    assert is_flagged([NOW - int(days * DAY) for days in days_ago], NOW, threshold=3) is flagged


def test_how_many_flag_it_is_a_setting() -> None:
    times = [NOW - DAY, NOW - 2 * DAY]
    assert [is_flagged(times, NOW, threshold) for threshold in (2, 3)] == [True, False]


@pytest.mark.parametrize(("further", "flaky"), [(0, [7]), (1, [])])
def test_it_looks_back_on_28_days(further: int, flaky: list[int]) -> None:
    concluded = [
        Concluded(7, passed=False, at=NOW - 28 * DAY - further),
        Concluded(7, passed=True, at=NOW),
    ]
    assert sorted(Verdict.of(concluded, NOW, threshold=3).flaky) == flaky
