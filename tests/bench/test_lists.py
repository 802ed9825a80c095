"""What a list reads does not grow with what lies behind its first page."""

from bench.lists import of_a_pipeline, of_builds


def test_a_page_of_builds_is_read_alike_from_few_and_from_many() -> None:
    few, many = of_builds(300), of_builds(3_000)
    assert few.requests == many.requests
    assert few.sent <= 2
    assert many.reads <= few.reads + 0.5  # where a page's bytes end up just above a unit


def test_a_pipeline_is_read_alike_after_few_and_after_many_builds() -> None:
    few, many = of_a_pipeline(40), of_a_pipeline(80)
    assert few.requests == many.requests == {"Query": 1}
    assert few.reads == many.reads
