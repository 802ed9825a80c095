"""The numbers of a thousand pipelines are a bounded number of requests, whatever the window."""

import json

import pytest

from bench.rows import BODY, PIPELINES, ask, rows


@pytest.mark.parametrize(
    ("window", "requests", "each"), [("24h", 22, 40), ("7d", 22, 40), ("30d", 34, 60), ("90d", 44, 80)]
)
def test_a_thousand_rows_take_few_requests(window: str, requests: int, each: int) -> None:
    asked = ask(window, limit=PIPELINES)
    assert len(asked.answer["pipelines"]) == PIPELINES
    assert asked.spent.sent <= requests
    assert asked.aggregates <= each * PIPELINES
    assert len(json.dumps(asked.answer)) < BODY


def test_asked_again_they_take_those_of_the_cards() -> None:
    flow = rows()
    first, again = (ask("7d", flow, limit=PIPELINES) for _ in range(2))
    assert again.answer == first.answer
    assert (again.spent.sent, again.aggregates) == (2, 0)


def test_twenty_rows_in_the_order_of_a_figure_take_no_more() -> None:
    whole = ask("7d", limit=PIPELINES)
    worst = ask("7d", limit=20, sort="success_rate")
    assert worst.spent.requests == whole.spent.requests
    rates = sorted(row["success_rate"] for row in whole.answer["pipelines"])
    assert [row["success_rate"] for row in worst.answer["pipelines"]] == rates[:20]


def test_a_short_page_in_the_order_of_names_is_read_by_its_keys() -> None:
    page = ask("90d", limit=20, sort="name")
    assert page.spent.requests["BatchGetItem"] <= 20 * 108 / 100
    by_name = {row["id"]: row for row in ask("90d", limit=PIPELINES).answer["pipelines"]}
    assert page.answer["pipelines"] == [by_name[row["id"]] for row in page.answer["pipelines"]]
