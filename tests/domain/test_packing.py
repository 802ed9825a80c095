"""Bins packed four to a number: they come out as they went in, whatever was added and taken back."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as some

from pipeline_health.domain.aggregates import total_of
from pipeline_health.domain.packing import Tally, packed, unpacked

names = some.sampled_from(["success", "time", "d_success", "passed_ms", "runs"]) | some.builds(
    "{}{}{}".format,
    some.sampled_from(["", "d_"]),
    some.sampled_from(["t", "q", "r"]),
    some.integers(0, 500),
)
counters = some.dictionaries(names, some.integers(1, 9_999_999))


@given(counters)
def test_what_is_packed_comes_out_again(counted: dict[str, int]) -> None:
    assert unpacked(packed(counted)) == Counter(counted)


@given(some.lists(some.dictionaries(names, some.integers(1, 1_000)), max_size=9), some.integers(0, 9))
def test_packed_numbers_add_up_and_can_be_taken_back(several: list[dict[str, int]], kept: int) -> None:
    """As the aggregates are moved: added in any number of steps, some of them taken back later."""
    stored: Counter[str] = Counter()
    for counted in several:
        stored.update(packed(counted))
    for counted in several[kept:]:
        stored.update(packed({name: -value for name, value in counted.items()}))
    expected: Counter[str] = Counter()
    for counted in several[:kept]:
        expected.update(counted)
    assert +unpacked(stored) == expected


@given(counters)
def test_taken_apart_default_branches_and_all_others_are_one(counted: dict[str, int]) -> None:
    folded = total_of([counted])
    for tally in (Tally.of(packed(counted)), Tally.of(folded)):
        bins = {f"{kind}{number}": n for kind, some in tally.bins.items() for number, n in some.items() if n}
        assert tally.numbers + Counter(bins) == folded


def test_what_is_less_than_nothing_is_no_bin() -> None:
    """A day read before its hours were moved may be less than they are together."""
    assert Tally.of({"T3": -5, "d_T3": 4, "success": -1}) == Tally(Counter(success=-1))


@given(counters)
def test_a_packed_number_has_no_more_digits_than_any_decimal_keeps(counted: dict[str, int]) -> None:
    assert all(len(str(value)) <= 28 for value in packed(counted).values())


def test_it_packs_the_bins_of_each_sketch_by_fours() -> None:
    counted = {"t0": 1, "t3": 2, "t4": 3, "d_t3": 4, "q9": 5, "timed": 6, "time": 7}
    assert packed(counted) == {
        "T0": 1 + 2 * 10**21,
        "T1": 3,
        "d_T0": 4 * 10**21,
        "Q2": 5 * 10**7,
        "timed": 6,
        "time": 7,
    }
