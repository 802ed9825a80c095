"""What `make rebuild` leaves alone, and what it tells whoever waits for it."""

import pytest

from local.rebuild import first_day_of_jobs, since, telling
from pipeline_health.domain.times import DAY, parse_instant


@pytest.mark.parametrize(
    ("kept", "first"),
    [(400, "2026-01-01"), (67, "2026-11-30"), (1, "2027-02-04")],
    ids=["by default", "just today", "no day"],
)
def test_jobs_of_the_longest_run_are_still_there_on_the_first_day_that_is_looked_at(
    kept: int, first: str
) -> None:
    """400 days before, what a run told first has just expired; 65 days later its last job may have ended."""
    assert first_day_of_jobs(parse_instant("2026-11-30T12:00:00Z"), kept) * DAY == parse_instant(
        f"{first}T00:00:00Z"
    )


def test_builds_of_the_longest_attempt_are_still_there_in_the_first_week_that_is_looked_at() -> None:
    """400 days before is 2025-10-26: what was told then has expired, and may have ended 35 days later."""
    assert since(parse_instant("2026-11-30T12:00:00Z"), 400) == parse_instant("2025-12-04T00:00:00Z")


def test_it_says_how_far_it_is_after_every_tenth_pipeline(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(list(telling(map(str, range(25)), "jobs"))) == 25
    assert capsys.readouterr().err.splitlines() == [
        "looked at the jobs of 10 pipelines",
        "looked at the jobs of 20 pipelines",
    ]
