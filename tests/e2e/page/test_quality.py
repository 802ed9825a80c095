"""For everybody: axe-core finds nothing, the keyboard reaches all of it, any width will do, it stays fast."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.e2e.builds import flat, rfc3339
from tests.e2e.page.looking import Looking
from tests.e2e.stack import Stack, eventually

Look = Callable[..., Looking]
LONGEST_TASK = 200  # ms
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def told(stack: Stack) -> str:
    """A pipeline with a story: it failed twice on main, with a log, and passed elsewhere."""
    now = time.time()
    for minutes, status, said in (
        (40, "success", {}),
        (30, "failure", {}),
        (20, "failure", {"logs": "collecting\nFAILED test_basket\n" + "long " * 60}),
        (10, "cancelled", {}),
        (5, "success", {"branch": "fix/it", "title": "x"}),
    ):
        stack.post("/ingest/github", flat("acme/told", status, ended=now - 60 * minutes, **said))
    running = flat("acme/told", "in_progress", pipeline="Deploy")
    del running["completed_at"]
    stack.post("/ingest/github", running)
    eventually(lambda: len(stack.get("/pipelines", repo="acme/told")["pipelines"]) == 2)
    builds = stack.get("/builds", repo="acme/told", status="failure")["builds"]
    return str(builds[0]["id"])


def addresses(build: str) -> dict[str, str]:
    return {
        "": ".rows > li",
        "?tv=1": ".tv-broken > li",
        f"?pipeline={build.rsplit('.', 2)[0]}": ".builds tbody tr",
        f"?build={build}": ".facts dd",
        "?q=nothing-is-called-this": ".nothing",
    }


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(look: Look, told: str, scheme: str, width: int) -> None:
    looking = look(
        None, color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    for address, landmark in addresses(told).items():
        looking.go(address)
        expect(looking.page.locator(landmark).first).to_be_attached()
        looking.is_live() if "tv" not in address else None
        found = Axe().run(looking.page, options=RULES).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], address


def test_axe_finds_nothing_on_the_empty_page_and_on_one_without_an_api(look: Look) -> None:
    looking = look(None)
    looking.tolerant = True
    looking.answer("pipelines", {"pipelines": [], "next": None})
    looking.answer("builds", {"builds": [], "next": None})
    looking.go("")
    expect(looking.page.get_by_role("heading", name="No build yet")).to_be_visible()
    assert Axe().run(looking.page, options=RULES).response["violations"] == []
    looking.page.route("**/metrics/**", lambda route: route.abort())
    looking.page.unroute("**/pipelines**")
    looking.go("")
    expect(looking.page.get_by_role("alert")).to_be_visible()
    assert Axe().run(looking.page, options=RULES).response["violations"] == []


@pytest.mark.parametrize("width", [320, 768, 1024, 1440, 2560])
def test_it_fits_any_width(look: Look, told: str, width: int) -> None:
    looking = look(None, viewport={"width": width, "height": 700})
    for address, landmark in addresses(told).items():
        looking.go(address)
        expect(looking.page.locator(landmark).first).to_be_attached()
        assert looking.page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_it_can_be_used_by_keyboard_alone(look: Look, told: str) -> None:
    looking = look("?repo=acme/told")
    page = looking.page
    expect(page.locator(".rows > li")).to_have_count(2)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    slider = page.get_by_role("slider")
    for _ in range(40):
        page.keyboard.press("Tab")
        if slider.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"\d builds?, \d passed, \d failed"))
    expect(page.locator(".cursor")).to_be_attached()
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"0 builds|\d builds?, \d passed"))
    row = page.locator(".rows .c-name a").first
    for _ in range(20):
        page.keyboard.press("Tab")
        if row.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Table of builds")).to_be_visible()
    expect(page.locator("#main")).to_be_focused()


def test_it_explains_a_number_on_focus_and_escape_takes_that_away(look: Look, told: str) -> None:
    looking = look()
    looking.page.get_by_role("button", name="Success rate").focus()
    looking.page.keyboard.press("Shift+Tab")
    looking.page.keyboard.press("Tab")
    expect(looking.page.locator("#tip")).to_contain_text("of those that passed or failed")
    looking.page.keyboard.press("Escape")
    expect(looking.page.locator("#tip")).to_be_hidden()


def test_it_moves_nothing_for_who_asked_for_that(look: Look, told: str) -> None:
    looking = look(reduced_motion="reduce")
    expect(looking.page.locator(".rows svg.s-in_progress").first).to_be_attached()
    assert looking.page.evaluate("document.getAnimations().length") == 0


def pipelines(count: int) -> list[dict[str, Any]]:
    """As GET /pipelines answers, each with its strip."""
    now = time.time()

    def recent(n: int) -> list[dict[str, Any]]:
        return [
            {
                "id": f"big.{n}.{i}.1",
                "branch": "main",
                "status": "failure" if (i + n) % 11 == 0 else "success",
                "started_at": rfc3339(now - 3600 * i - n),
                "duration_seconds": 60 + (i * n) % 50,
            }
            for i in range(30)
        ]

    return [
        {
            "id": f"big.{n}",
            "provider": "github",
            "repo": f"acme/service-{n % 40}",
            "name": f"pipeline {n}",
            "default_branch": "main",
            "branch": "main",
            "status": "failure" if n % 11 == 0 else "success",
            "streak": None,
            "broken_since": rfc3339(now - 60 * n) if n % 11 == 0 else None,
            "broken_branches": [],
            "last_build": None,
            "recent": recent(n),
        }
        for n in range(count)
    ]


def a_build(number: int) -> dict[str, Any]:
    """As the WebSocket tells it."""
    names = {
        "provider": "github",
        "repo": f"acme/service-{number % 40}",
        "pipeline": f"pipeline {number % 200}",
    }
    nothing = dict.fromkeys(("commit", "conclusion", "event", "queued_at", "queue_seconds", "url", "title"))
    now = rfc3339(time.time())
    return {
        **names,
        **nothing,
        "id": f"big.{number % 200}.live{number}.1",
        "pipeline_id": f"big.{number % 200}",
        "branch": "main",
        "number": number,
        "attempt": 1,
        "status": "failure" if number % 7 == 0 else "success",
        "actor": "ada",
        "started_at": now,
        "completed_at": now,
        "duration_seconds": 61,
        "created_at": now,
        "updated_at": now,
    }


def test_it_stays_smooth_with_two_hundred_pipelines_in_a_burst_of_a_hundred_updates_a_second(
    look: Look, browser: Browser
) -> None:
    looking = look(None)
    looking.answer("pipelines", {"pipelines": pipelines(200), "next": None})
    looking.hold_the_socket()
    browser.start_tracing(page=looking.page, categories=["toplevel", "__metadata"])
    looking.go("?window=90d")
    expect(looking.page.locator(".rows > li")).to_have_count(200)
    looking.is_live()
    for number in range(300):  # three seconds of it
        looking.sockets[-1].send(json.dumps({"type": "builds", "builds": [a_build(number)]}))
        looking.page.wait_for_timeout(10)
    expect(looking.page.locator(".activity")).to_contain_text("pipeline 99")
    assert longest_task(browser.stop_tracing()) < LONGEST_TASK


def longest_task(trace: bytes) -> float:
    """Of a page's main thread, in ms of its own CPU time: other processes' share is not the page's fault."""
    events = json.loads(trace)["traceEvents"]
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [event for event in events if event["name"].endswith("RunTask") and event.get("tdur")]
    longest: float = max(task["tdur"] for task in tasks if (task["pid"], task["tid"]) in main)
    return longest / 1000


def test_it_paints_within_a_second_with_fifty_pipelines(look: Look) -> None:
    looking = look(None)
    looking.answer("pipelines", {"pipelines": pipelines(50), "next": None})
    first = []
    for _ in range(3):
        looking.go("")
        expect(looking.page.locator(".rows > li")).to_have_count(50)
        first.append(
            looking.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        )
    assert min(first) < 1000
