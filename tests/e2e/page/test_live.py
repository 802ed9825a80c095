"""Builds appear and change in front of whoever looks, and what was missed is caught up."""

import json
import re
import time
from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.e2e.builds import flat
from tests.e2e.page.looking import Looking
from tests.e2e.stack import Stack, eventually

Look = Callable[..., Looking]


NO_SOCKET = """() => {
  window.RealSocket = WebSocket;
  window.WebSocket = class extends EventTarget {
    constructor() { super(); setTimeout(() => this.dispatchEvent(new Event("close"))); }
    close() {}
  };
}"""


def ago(minutes: float) -> dict[str, float]:
    """Builds of one second would have no order."""
    return {"ended": time.time() - 60 * minutes}


def test_it_shows_a_build_posted_by_webhook_without_a_reload(look: Look, stack: Stack, repo: str) -> None:
    looking = look()
    looking.is_live()
    expect(looking.page.locator("main[aria-busy]")).to_have_count(0)
    looking.hears_only()
    looking.page.evaluate("window.loadedOnce = true")
    stack.post("/ingest/github", flat(repo, "success", title="x"))
    row = looking.row(repo)
    expect(row.locator(".c-status svg.s-success")).to_be_visible()
    expect(looking.page.locator(".activity li").filter(has_text=repo).first).to_be_visible()
    assert looking.page.evaluate("window.loadedOnce")


def test_it_turns_a_failing_pipeline_red_and_puts_it_on_top_until_it_is_fixed(
    look: Look, stack: Stack, repo: str
) -> None:
    looking = look()
    looking.is_live()
    for green in ("aaa/first-by-name", repo):
        stack.post("/ingest/github", flat(green, "success", **ago(9)))
        expect(looking.row(green)).to_be_visible()
    assert looking.rows()[0].split() != [repo, "CI"]

    stack.post(
        "/ingest/github", flat(repo, "failure", **ago(0), logs="building\nE   AssertionError: 2 != 3\ndone")
    )  # now, since the latest to break is on top, whatever other tests have broken
    expect(looking.page.locator(".rows .c-name").first).to_contain_text(repo)
    row = looking.row(repo)
    expect(row).to_contain_text("broken for")
    expect(row.locator("svg.s-failure")).to_be_visible()
    card = looking.card(repo)
    expect(card).to_contain_text("main")
    expect(card.locator(".log mark")).to_have_text("E   AssertionError: 2 != 3")
    expect(card.get_by_role("link", name="Open at")).to_have_attribute(
        "href", re.compile(rf"^https://ci\.example\.com/{repo}/\d+$")
    )

    stack.post("/ingest/github", flat(repo, "success", **ago(-0.05)))
    expect(card).to_have_count(0)
    expect(row).not_to_contain_text("broken for")
    assert looking.rows()[0].split() != [repo, "CI"]


def test_it_tells_the_number_of_broken_pipelines_in_the_title_and_the_favicon(
    look: Look, stack: Stack, repo: str
) -> None:
    looking = look()
    looking.is_live()
    before = looking.page.locator("link[rel=icon]").get_attribute("href") or ""
    stack.post("/ingest/github", flat(repo, "failure", **ago(0)))
    expect(looking.card(repo)).to_be_visible()
    broken = int(looking.page.locator(".headline b").inner_text())
    assert looking.page.title() == f"({broken}) Pipeline Health"
    icon = looking.page.locator("link[rel=icon]").get_attribute("href") or ""
    assert f"%3E{broken}%3C" in icon
    assert icon != before
    assert "c4320a" in icon
    stack.post("/ingest/github", flat(repo, "success", **ago(-0.05)))
    expect(looking.card(repo)).to_have_count(0)


def broken(stack: Stack, repo: str) -> str:
    """What the socket tells of a build that broke its pipeline and that the API lists already."""
    stack.post("/ingest/github", flat(repo, "failure", **ago(0)))
    build = eventually(lambda: stack.get("/builds", repo=repo)["builds"])[0]
    return json.dumps({"type": "builds", "builds": [build | {"change": "broken"}]})


def test_it_turns_red_even_if_the_api_listed_the_build_before_it_was_counted(
    look: Look, stack: Stack, repo: str
) -> None:
    told = broken(stack, repo)
    looking = look(None)
    looking.hold_the_socket()
    looking.answer("pipelines", {"pipelines": [], "next": None})
    looking.go("")
    looking.is_live()
    expect(looking.row(repo)).not_to_contain_text("broken for")
    looking.sockets[-1].send(told)
    expect(looking.row(repo)).to_contain_text("broken for")
    expect(looking.card(repo)).to_be_visible()


def test_it_turns_red_even_if_it_was_told_before_it_knew_the_pipelines(
    look: Look, stack: Stack, repo: str
) -> None:
    told = broken(stack, repo)
    looking = look(None)
    looking.hold_the_socket()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    looking.page.route(re.compile(r"/pipelines\?recent"), hold)
    with looking.page.expect_response(re.compile(r"/builds\?")):
        looking.go("")
    looking.is_live()
    with looking.page.expect_request("**/metrics/summary*"):  # it has heard
        looking.sockets[-1].send(told)
    held[0].fulfill(json={"pipelines": [], "next": None})
    expect(looking.row(repo)).to_contain_text("broken for")
    expect(looking.card(repo)).to_be_visible()


def test_it_runs_a_clock_on_a_running_build_until_it_is_done(look: Look, stack: Stack, repo: str) -> None:
    looking = look()
    looking.is_live()
    running = flat(repo, "in_progress")
    del running["completed_at"]
    stack.post("/ingest/github", running)
    clock = looking.row(repo).locator(".c-last time[data-tick=clock]")
    expect(clock).to_be_visible()
    began = clock.inner_text()
    expect(clock).not_to_have_text(began)
    stack.post("/ingest/github", running | {"status": "success", "duration_seconds": 65})
    expect(clock).to_have_count(0)
    expect(looking.row(repo).locator("svg.s-success")).to_be_visible()


def test_it_counts_what_it_was_told_in_the_tiles(look: Look, stack: Stack, repo: str) -> None:
    stack.post("/ingest/github", flat(repo, "success", **ago(5)))
    eventually(lambda: stack.get("/pipelines", repo=repo)["pipelines"])
    looking = look(f"?repo={repo}")
    expect(looking.tile("Success rate")).to_have_text("100%")
    looking.is_live()
    stack.post("/ingest/github", flat(repo, "failure"))
    expect(looking.tile("Success rate")).to_have_text("50%")
    expect(looking.tile("Builds")).to_have_text("2")
    expect(looking.tile("Broken now")).to_have_text("1")


def test_it_connects_again_and_catches_up_what_it_missed(look: Look, stack: Stack, repo: str) -> None:
    looking = look(None)
    looking.hold_the_socket()
    looking.go("")
    looking.is_live()
    looking.page.evaluate(NO_SOCKET)
    looking.sockets[-1].close()
    expect(looking.page.locator("#live")).to_have_text("Offline")
    stack.post("/ingest/github", flat(repo, "failure"))
    eventually(lambda: stack.get("/pipelines", repo=repo)["pipelines"])
    assert looking.row(repo).count() == 0
    looking.page.evaluate("() => void (window.WebSocket = window.RealSocket)")
    looking.is_live()
    expect(looking.row(repo)).to_contain_text("broken for")


def test_it_says_that_the_network_is_gone_and_recovers_by_itself(look: Look, stack: Stack, repo: str) -> None:
    looking = look()
    looking.is_live()
    looking.tolerant = True
    looking.context.set_offline(True)
    expect(looking.page.locator("#live")).to_have_text("Offline")
    stack.post("/ingest/github", flat(repo, "success"))
    looking.context.set_offline(False)
    looking.is_live()
    expect(looking.row(repo)).to_be_visible()
    expect(looking.page.locator("#problem")).to_be_hidden()


def test_it_wakes_up_to_the_truth(look: Look, stack: Stack, repo: str) -> None:
    looking = look(None)
    looking.page.clock.install()
    looking.go("")
    looking.is_live()
    hide = "Object.defineProperty(document, 'hidden', { value: %s, configurable: true });"
    tell = "document.dispatchEvent(new Event('visibilitychange'))"
    looking.page.evaluate(hide % "true" + tell)
    looking.page.clock.fast_forward(90_000)
    with looking.page.expect_request("**/pipelines?*"):
        looking.page.evaluate(hide % "false" + tell)


def test_it_pings_so_that_nobody_closes_a_silent_connection(look: Look) -> None:
    looking = look(None)
    looking.page.clock.install()
    with looking.page.expect_websocket() as opened:
        looking.go("")
    looking.is_live()
    with opened.value.expect_event("framesent") as sent:
        looking.page.clock.fast_forward(5 * 60_000)
    assert json.loads(str(sent.value)) == {"action": "ping"}
