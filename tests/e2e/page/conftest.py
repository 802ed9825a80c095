"""A real Chromium that looks at the local stack; skipped, with a word about it, where there is none."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.page.looking import Looking
from tests.e2e.stack import Stack

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "No Chromium found, so the tests of the page did not run. Install it (on Debian: apt install chromium), "
    "or name one in CHROMIUM."
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.page)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """For this folder only: as long as it lives, no other test can run an event loop."""
    executable = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    sandbox = os.geteuid() != 0  # Chromium's refuses root
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=executable, chromium_sandbox=sandbox, args=["--disable-dev-shm-usage"]
        )
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
