"""A real Chromium that looks at the local stack; skipped, with a word about it, where there is none."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.page.chromium import MISSING, executable, launch
from tests.e2e.page.looking import Looking
from tests.e2e.stack import Stack

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.page)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one file only: as long as it lives, no other test of the process can run an event loop."""
    if executable() is None:
        message = f"No Chromium found, so the tests of the page did not run. {MISSING}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as driver:
        chromium = launch(driver)
        yield chromium
        chromium.close()


@pytest.fixture
def look(browser: Browser, stack: Stack) -> Iterator[Callable[..., Looking]]:
    """Opens the page, as often as asked; None opens a window that does not look at it yet.

    In the end none may have complained or asked anybody else.
    """
    opened: list[Looking] = []

    def open_page(address: str | None = "", **settings: object) -> Looking:
        opened.append(Looking(browser, stack, settings))
        if address is not None:
            opened[-1].go(address)
        return opened[-1]

    yield open_page
    for each in opened:
        each.close()
    for each in opened:
        assert each.complaints == []
        assert each.foreign == []
