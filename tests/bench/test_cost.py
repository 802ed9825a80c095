"""The bill: what a month costs while nothing happens, and that it grows with what happens alone."""

from pathlib import Path

import pytest

from bench.capacity import Spent
from bench.cost import bill, month
from bench.prices import PRICES
from bench.spending import Told
from bench.usage import RECOUNT, REFRESH, Load, idle

A_DOLLAR_OR_TWO = 2
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def load() -> Load:
    """A build of one webhook, and questions of a unit each."""
    told = Told(webhooks=[Spent(writes=3)], counted=[Spent(writes=39, reads=4)], bytes=3_000)
    return Load(told, {question: Spent(reads=1) for question in (*REFRESH, *RECOUNT)})


def test_a_month_of_nothing_costs_a_dollar_or_two() -> None:
    assert 0 < bill(idle())["all"] <= A_DOLLAR_OR_TWO


def test_nobody_and_nothing_costs_what_idle_costs(load: Load) -> None:
    assert bill(month(load, 0, 0)) == pytest.approx(bill(idle()))


def test_units_are_charged_by_the_million(load: Load) -> None:
    usage = month(load, 1_000_000, 0)
    assert usage["write_units"] == 42_000_000
    assert PRICES["write_units"].of(usage["write_units"]) == pytest.approx(42 * 0.625)
    assert usage["published"] == usage["http_requests"] == 1_000_000


def test_viewers_cost_by_what_their_pages_ask_and_are_told(load: Load) -> None:
    few, many = (month(load, 100, viewers) for viewers in (1, 11))
    assert (many["http_requests"] - few["http_requests"]) / 10 == 2_112 * 5 + 100 * 3 + 88
    assert (many["messages"] - few["messages"]) / 10 == 100 + 2 * 2_640


def test_every_price_says_where_it_was_read() -> None:
    assert all(price.source[0] and price.source[1] for price in PRICES.values())


def test_the_readme_says_of_the_bill_what_its_own_page_says() -> None:
    (row,) = (line for line in (PROJECT / "docs/cost.md").read_text().splitlines() if line[:6] == "| all ")
    none, _, team, _ = (float(cell) for cell in row.strip("|").split("|")[1:])
    assert none == round(bill(idle())["all"], 2)
    readme = " ".join((PROJECT / "README.md").read_text().split())
    assert f"An idle stack costs {none} $ a month" in readme
    assert f"100 builds a day and five pages open all day some {team:.0f} $" in readme
