"""The figures, from counters worked out by hand."""

from collections import Counter

import pytest

from pipeline_health.domain.figures import NO_FIGURES, figures
from pipeline_health.domain.sketch import bin_of


def test_rates_are_of_conclusive_builds_and_shares_of_all_completed() -> None:
    shown = figures(Counter(success=6, failure=2, cancelled=1, skipped=3), hours=24)
    assert (shown["success_rate"], shown["failure_rate"]) == (75.0, 25.0)
    assert (shown["cancelled_rate"], shown["skipped_rate"]) == (8.33, 25.0)
    assert shown["throughput"] == 12
    assert shown["builds"] == {"success": 6, "failure": 2, "cancelled": 1, "skipped": 3}


@pytest.mark.parametrize("hours", [1, 24, 9_600])
def test_however_long_nothing_counted_it_says_the_same(hours: int) -> None:
    assert figures(Counter(), hours) == NO_FIGURES


def test_a_rate_of_nothing_is_null_not_zero() -> None:
    shown = figures(Counter(cancelled=2), hours=168)
    assert shown["success_rate"] is None
    assert shown["failure_rate"] is None
    assert shown["first_pass_rate"] is None
    assert shown["avg_build_time"] is None
    assert shown["duration"] == {"builds": 0, "mean": None, "p50": None, "p95": None, "p99": None}
    assert shown["recovery"] == {"episodes": 0, "mean": None, "median": None}


def test_the_average_is_over_all_that_completed_and_percentiles_over_successes() -> None:
    counters = Counter({"timed": 3, "time": 90_500, "passed_ms": 60_000, f"t{bin_of(30_000)}": 2})
    shown = figures(counters, hours=24)
    assert shown["avg_build_time"] == 30.167
    assert shown["duration"]["mean"] == 30.0
    assert abs(shown["duration"]["p95"] - 30) <= 0.6


def test_runs_count_by_their_first_and_by_their_last_conclusive_attempt() -> None:
    shown = figures(Counter(first=4, first_passed=1, runs=4, runs_passed=3), hours=24)
    assert (shown["first_pass_rate"], shown["eventual_pass_rate"]) == (25.0, 75.0)


def test_recoveries_have_a_mean_and_a_median() -> None:
    counters = Counter({"recovery_ms": 7_200_000, f"r{bin_of(600_000)}": 2, f"r{bin_of(6_000_000)}": 1})
    shown = figures(counters, hours=24)["recovery"]
    assert (shown["episodes"], shown["mean"]) == (3, 2400.0)
    assert abs(shown["median"] - 600) <= 12
