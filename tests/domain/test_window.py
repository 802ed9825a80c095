"""Windows: whole UTC hours, half-open, ending with the hour that runs; and what covers them."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_health.domain.times import HOUR, format_instant, parse_instant
from pipeline_health.domain.window import Cover, Window

NOW = parse_instant("2026-11-23T12:34:56Z")
hours = st.integers(0, 500_000)


def test_a_window_ends_with_the_next_full_hour() -> None:
    window = Window.parse("7d", NOW)
    assert (format_instant(window.start_at), format_instant(window.end_at)) == (
        "2026-11-16T13:00:00Z",
        "2026-11-23T13:00:00Z",
    )


def test_a_full_hour_begins_the_next_one() -> None:
    assert Window.parse("24h", parse_instant("2026-11-23T12:00:00Z")).end_at == NOW // HOUR * HOUR + HOUR


@pytest.mark.parametrize(("text", "length"), [("1h", 1), ("24h", 24), ("4w", 672), ("400d", 9600)])
def test_it_knows_hours_days_and_weeks(text: str, length: int) -> None:
    assert Window.parse(text, NOW).hours == length


@pytest.mark.parametrize(
    "text", ["", "7", "d", "0d", "7D", " 7d", "7d ", "-1d", "1.5d", "401d", "58w", "9601h", "\u0667d"]
)
def test_any_other_word_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 24h, 7d or 4w"):
        Window.parse(text, NOW)


def hours_of(days: Iterable[int]) -> list[int]:
    return [day * 24 + hour for day in days for hour in range(24)]


@given(hours, st.integers(1, 9600))
def test_weeks_days_and_hours_cover_a_window_exactly(start: int, length: int) -> None:
    window = Window(start, start + length)
    covered = Counter(week * 168 + hour for week in window.whole_weeks for hour in range(168))
    covered.update(hours_of([*window.loose_days, *window.trimmed_days]))
    covered.update(window.loose_hours)
    covered.subtract(window.trimmed_hours)
    assert +covered == Counter(range(window.start, window.end))
    assert min(covered.values()) >= 0
    assert len(window.loose_hours) + len(window.trimmed_hours) <= 24
    assert len(window.loose_days) <= 12


@given(hours, st.integers(1, 9600))
def test_it_names_every_day_it_touches(start: int, length: int) -> None:
    window = Window(start, start + length)
    assert list(window.days) == sorted({hour // 24 for hour in range(window.start, window.end)})
    assert {*window.whole_days, *window.trimmed_days} <= set(window.days)


@given(hours.map(lambda hour: hour + 20_000), st.integers(1, 9600))
def test_one_read_covers_a_window_and_the_one_before(end: int, length: int) -> None:
    window = Window(end - length, end)
    cover = Cover.of([window, window.before])
    assert len(cover.hours) <= 36
    assert len(cover.days) <= 27
    for one in (window, window.before):
        assert {*one.loose_hours, *one.trimmed_hours} <= set(cover.hours)
        assert {*one.loose_days, *one.trimmed_days} <= set(cover.days)
        if one.whole_weeks:
            assert cover.weeks is not None
            assert cover.weeks[0] <= one.whole_weeks[0]
            assert one.whole_weeks[-1] <= cover.weeks[1]


@pytest.mark.parametrize("end", range(24 * 20_000, 24 * 20_007))
def test_ninety_days_and_the_ninety_before_are_at_most_eighty_items(end: int) -> None:
    window = Window(end - 90 * 24, end)
    cover = Cover.of([window, window.before])
    assert cover.weeks is not None
    assert cover.weeks[1] - cover.weeks[0] + 1 + len(cover.days) + len(cover.hours) <= 80


@given(hours, st.integers(1, 9600))
def test_where_nothing_lies_after_it_fewer_aggregates_hold_the_same(start: int, length: int) -> None:
    window = Window(start, start + length)
    longer = window.with_nothing_after
    assert longer.start == start
    assert window.end <= longer.end < window.end + 168
    assert len(longer.terms) <= len(window.terms)
    assert all(kind != "hours" or hour // 24 == start // 24 for kind, hour, _ in longer.terms)


@given(hours, st.integers(1, 9600), st.sampled_from([1, 24]))
def test_buckets_join_to_the_window(start: int, length: int, each: int) -> None:
    window = Window(start, start + length)
    buckets = window.buckets(each)
    assert buckets[0].start == window.start
    assert buckets[-1].end == window.end
    for before, after in pairwise(buckets):
        assert before.end == after.start
        assert after.start % each == 0
    assert all(0 < bucket.hours <= each for bucket in buckets)
