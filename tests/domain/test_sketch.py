"""Percentiles out of bins: within 2 % of the exact nearest rank, and merging is adding."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_health.domain.sketch import bin_of, percentiles, value_of

LONGEST = 400 * 24 * 3600 * 1000
durations = st.integers(0, LONGEST)


def exact(values: list[int], percent: int) -> int:
    """Nearest rank: the smallest value with at least that share of all at or below it."""
    return sorted(values)[math.ceil(percent / 100 * len(values)) - 1]


@given(durations)
def test_every_duration_is_within_two_percent_of_its_bin(duration: int) -> None:
    assert abs(value_of(bin_of(duration)) - duration) <= 0.02 * duration


@given(st.integers(0, 24))
def test_tiny_durations_are_exact(duration: int) -> None:
    assert value_of(bin_of(duration)) == duration


@given(st.lists(durations, min_size=1, max_size=300), st.sampled_from([1, 50, 95, 99, 100]))
def test_percentiles_are_within_two_percent(values: list[int], percent: int) -> None:
    (found,) = percentiles(Counter(map(bin_of, values)), [percent])
    expected = exact(values, percent)
    assert found is not None
    assert abs(found - expected) <= 0.02 * expected


@pytest.mark.parametrize("values", [[61_000] * 1000, [1] * 99 + [LONGEST], [0], [2**n for n in range(35)]])
def test_constant_skewed_and_huge_samples_are_within_two_percent(values: list[int]) -> None:
    asked = (50, 95, 99)
    expected = [pytest.approx(exact(values, percent), rel=0.02) for percent in asked]
    assert percentiles(Counter(map(bin_of, values)), asked) == expected


@given(st.lists(durations), st.lists(durations))
def test_hours_added_up_are_the_day(one: list[int], other: list[int]) -> None:
    merged = Counter(map(bin_of, one)) + Counter(map(bin_of, other))
    assert percentiles(merged, [50, 95]) == percentiles(Counter(map(bin_of, one + other)), [50, 95])


def test_nothing_counted_has_no_percentile() -> None:
    assert percentiles({}, [50, 95]) == [None, None]
    assert percentiles({7: 0}, [50]) == [None]


def test_bins_are_names_of_stored_counters_and_never_change() -> None:
    assert [bin_of(ms) for ms in (0, 1, 24, 26, 1_000, 60_000, 3_600_000, LONGEST)] == PINNED


PINNED = [0, 1, 24, 25, 107, 209, 311, 540]
