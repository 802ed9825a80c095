"""Instants, and the half-years that lists are kept in."""

import pytest

from pipeline_health.domain.times import half_year_of, half_year_start, parse_instant


@pytest.mark.parametrize(
    ("instant", "half_year", "start"),
    [
        ("2026-01-01T00:00:00Z", "2026-H1", "2026-01-01T00:00:00Z"),
        ("2026-06-30T23:59:59.999Z", "2026-H1", "2026-01-01T00:00:00Z"),
        ("2026-07-01T00:00:00Z", "2026-H2", "2026-07-01T00:00:00Z"),
        ("2026-12-31T23:59:59.999Z", "2026-H2", "2026-07-01T00:00:00Z"),
        ("2027-01-01T00:00:00+01:00", "2026-H2", "2026-07-01T00:00:00Z"),
    ],
)
def test_a_year_has_two_halves_in_utc(instant: str, half_year: str, start: str) -> None:
    assert half_year_of(parse_instant(instant)) == half_year
    assert half_year_start(parse_instant(instant)) == parse_instant(start)
