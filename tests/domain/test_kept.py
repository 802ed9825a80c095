"""What was made of a version is had again until the version changes."""

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
