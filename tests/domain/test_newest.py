"""Pages of a list that is read slice by slice."""

from pipeline_health.domain.newest import Slice, fill, position_of


def test_a_page_ends_after_six_slices_that_let_nothing_through_and_says_where_it_goes_on() -> None:
    below = iter(range(999, 0, -1))
    asked: list[str] = []

    def nothing(position: str) -> Slice[str]:
        asked.append(position)
        return Slice([], position_of(next(below)))

    page, reached = fill(nothing, position_of(1000), limit=30)
    assert (page, len(asked), reached) == ([], 6, position_of(994))


def test_a_page_takes_as_many_slices_as_it_needs() -> None:
    slices = iter([Slice([("5", "e")], "5"), Slice([], "3"), Slice([("2", "b"), ("1", "a")], None)])
    assert fill(lambda _: next(slices), "9", limit=3) == (["e", "b", "a"], None)
