"""What was made of a version is had again until the version changes, and takes no more room than it may."""

import random
from collections.abc import Callable

import pytest

from pipeline_health.domain.kept import Kept


def test_it_is_had_again_of_the_same_version_only() -> None:
    kept = Kept[str, int](2)
    kept.put("a", 1, 10)
    assert (kept.get("a", 1), kept.get("a", 2), kept.get("b", 1)) == (10, None, None)
    kept.put("a", 2, 20)
    assert (kept.get("a", 1), kept.get("a", 2)) == (None, 20)


def test_of_too_many_those_go_first_that_nobody_asked_for_longest() -> None:
    kept = Kept[str, int](2)
    kept.put("a", 1, 10)
    kept.put("b", 1, 20)
    kept.get("a", 1)
    kept.put("c", 1, 30)
    assert [kept.get(name, 1) for name in "abc"] == [10, None, 30]


Contents = list[dict[str, int]]


class Maker:
    def __init__(self) -> None:
        self.made: list[Contents] = []

    def of(self, contents: Contents) -> Callable[[], int]:
        def make() -> int:
            self.made.append(contents)
            return sum(sum(each.values()) for each in contents)

        return make


@pytest.fixture
def maker() -> Maker:
    return Maker()


def test_what_is_equal_is_made_once(maker: Maker) -> None:
    kept = Kept[str, int](100)
    for _ in range(3):
        equal = [{"success": 1}, {}]
        assert kept.of("Monday", equal, maker.of(equal)) == 1
    assert len(maker.made) == 1


@pytest.mark.parametrize(
    "other", [[{"success": 2}, {}], [{"failure": 1}, {}], [{}, {"success": 1}], [{"success": 1}], []]
)
def test_what_is_another_is_made_anew(maker: Maker, other: Contents) -> None:
    kept, one = Kept[str, int](100), [{"success": 1}, {}]
    for contents in (one, other, other, one):
        kept.of("Monday", contents, maker.of(contents))
    assert maker.made == [one, other, one]


def test_equal_contents_of_two_things_are_two_things(maker: Maker) -> None:
    """An hour and a day that counted alike differ by their throughput."""
    kept, contents = Kept[str, int](100), [{"success": 1}]
    for key in ("an hour", "a day"):
        kept.of(key, contents, maker.of(contents))
    assert len(maker.made) == 2


def test_what_nobody_asked_for_longest_makes_room(maker: Maker) -> None:
    kept, contents = Kept[str, int](6), [{"success": 1}, {"failure": 1}]
    for key in ("old", "older", "old", "new"):
        kept.of(key, contents, maker.of(contents))
    assert (len(maker.made), kept.size) == (3, 6)
    kept.of("old", contents, maker.of(contents))
    assert len(maker.made) == 3
    kept.of("older", contents, maker.of(contents))
    assert len(maker.made) == 4


def test_nothing_takes_room_too(maker: Maker) -> None:
    kept = Kept[str, int](5)
    for number in range(50):
        kept.of(str(number), [], maker.of([]))
    assert kept.size == 5


def test_what_has_no_room_at_all_is_not_kept_and_nothing_goes_for_it(maker: Maker) -> None:
    kept, small, large = Kept[str, int](3), [{"a": 1}], [{"a": 1}, {"b": 1, "c": 1}]
    for key, contents in (("small", small), ("large", large), ("small", small), ("large", large)):
        assert kept.of(key, contents, maker.of(contents)) == len(contents) + (contents == large)
    assert maker.made == [small, large, large]


def test_whatever_is_asked_in_whatever_order_it_is_exact_and_bounded(maker: Maker) -> None:
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    kept, room = Kept[str, int](40), 40
    for _ in range(3_000):
        contents = [
            {name: chance.randrange(3) for name in "abcd"[: chance.randrange(5)]}
            for _ in range(chance.randrange(4))
        ]
        expected = sum(sum(each.values()) for each in contents)
        assert kept.of(chance.choice("abcdefghij"), contents, maker.of(contents)) == expected, f"seed {seed}"
        assert kept.size <= room, f"seed {seed}"
    assert 0 < len(maker.made) < 3_000
