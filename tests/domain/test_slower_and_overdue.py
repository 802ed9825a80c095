"""Slower than before, silent for too long, running for too long."""

from typing import Any

import pytest

from pipeline_health.domain.build import Status
from pipeline_health.domain.overdue import silent_since, stuck, usual_gap
from pipeline_health.domain.recent import Recent
from pipeline_health.domain.slower import slower
from pipeline_health.domain.times import DAY, HOUR

NOW = 1_795_435_200_000


def figures(p95: float | None, builds: int = 20) -> Any:
    return {"duration": {"p95": p95, "builds": builds}}


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (figures(360), figures(300), True),
        (figures(359.9), figures(300), False),
        (figures(359), figures(290), True),
        (figures(120), figures(61), False),  # twice as long, but by less than a minute
        (figures(1100), figures(1000), False),  # by more than a minute, but a tenth
        (figures(900, builds=19), figures(300), None),
        (figures(900), figures(300, builds=19), None),
        (figures(None, builds=0), figures(None, builds=0), None),
    ],
)
def test_it_takes_a_fifth_and_a_minute_over_twenty_builds(
    now: Any, before: Any, verdict: bool | None
) -> None:
    assert slower(now, before) is verdict


def strip(*ages: int, status: Status = Status.SUCCESS) -> list[Recent]:
    return [Recent(NOW - age, 1, str(age), status) for age in ages]


def test_nights_are_usual_and_one_long_pause_is_not() -> None:
    days = [day * DAY + n * HOUR for day in range(6) for n in range(4)]
    assert usual_gap(strip(*days)) == 21 * HOUR
    paused = [*(n * HOUR for n in range(21)), 30 * DAY]
    assert usual_gap(strip(*paused)) == HOUR


def test_it_is_silent_after_twice_its_usual_gap() -> None:
    hourly = strip(*(2 * HOUR + n * HOUR for n in range(21)))
    assert silent_since(hourly, NOW) is None
    assert silent_since(hourly, NOW + 1) == NOW


def test_an_hour_without_a_build_is_no_news() -> None:
    burst = strip(*(HOUR + n * 60_000 for n in range(21)))
    assert silent_since(burst, NOW) is None
    assert silent_since(burst, NOW + 1) == NOW


def test_it_says_nothing_of_a_pipeline_that_is_new_or_never_succeeded() -> None:
    assert silent_since(strip(*(DAY + n * HOUR for n in range(20))), NOW) is None
    assert silent_since(strip(*(DAY + n * HOUR for n in range(30)), status=Status.FAILURE), NOW) is None
    assert silent_since([], NOW) is None


def test_a_build_that_runs_for_longer_than_twice_the_p95_is_stuck() -> None:
    running = strip(7_199_999, 7_200_000, 7_200_001, status=Status.IN_PROGRESS)
    assert stuck(running, 3600.0, NOW) == running[2:]
    assert stuck(strip(DAY, status=Status.QUEUED), 3600.0, NOW) == []
    assert stuck(strip(DAY), 3600.0, NOW) == []
    assert stuck(running, None, NOW) == []
