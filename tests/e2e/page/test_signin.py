"""A locked stack: the page asks for the token, keeps it for the tab only, and is live with it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.builds import flat
from tests.e2e.page.looking import Looking
from tests.e2e.stack import Stack, running

SECRET, TOKEN = "s3nd-page", "r3ad-page"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("page")
    with running(folder, AUTH="on", WEBHOOK_SECRET=SECRET, READ_TOKEN=TOKEN) as stack:
        yield stack


@pytest.fixture
def looking(browser: Browser, locked: Stack) -> Iterator[Looking]:
    looking = Looking(browser, locked, {})
    looking.tolerant = True  # the browser complains of every 401
    yield looking
    looking.close()
    assert looking.foreign == []


def send(stack: Stack, repo: str, status: str) -> None:
    answer = stack.post(f"/ingest/jenkins?token={SECRET}", flat(repo, status))
    assert answer.status_code == 201


def test_it_asks_for_the_token_and_is_live_with_it(looking: Looking, locked: Stack) -> None:
    send(locked, "acme/first", "success")
    page = looking.page
    looking.go("")
    page.get_by_label("Read token").fill("a guess")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="does not open")).to_be_visible()
    page.get_by_label("Read token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#main")).to_contain_text("acme/first")
    expect(page.locator("#live")).to_have_class(re.compile("open"))
    send(locked, "acme/live", "failure")
    expect(page.locator("#main")).to_contain_text("acme/live")


def test_it_keeps_the_token_for_the_tab_and_nowhere_else(looking: Looking) -> None:
    page = looking.page
    looking.go("")
    page.get_by_label("Read token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#live")).to_have_class(re.compile("open"))
    page.reload()
    expect(page.locator("#live")).to_have_class(re.compile("open"))
    assert TOKEN not in page.evaluate("JSON.stringify(localStorage) + document.cookie")
    assert not any(TOKEN in asked for asked in looking.asked)
    other = looking.context.new_page()
    other.goto(page.url)
    expect(other.get_by_label("Read token")).to_be_visible()
