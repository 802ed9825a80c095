"""Every view by its address, whatever the senders wrote, and whatever state the stack is in."""

import re
import time
from collections.abc import Callable
from urllib.parse import quote

from playwright.sync_api import expect

from tests.e2e.builds import flat, workflow_run
from tests.e2e.page.looking import Looking
from tests.e2e.stack import Stack, eventually

Look = Callable[..., Looking]
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "\u202egnp.exe \u05e9\u05dc\u05d5\u05dd",
    "x" * 300,
    "\U0001f9ea\U0001f468\u200d\U0001f469\u200d\U0001f467 café",
    "{{7*7}} ${7*7} </script><script>alert(1)</script>",
)


def ago(minutes: float) -> float:
    return time.time() - 60 * minutes


def known(stack: Stack, repo: str, builds: int = 1) -> str:
    """The pipeline's id once so many builds of the repository are counted."""

    def counted() -> str | None:
        total = stack.get("/metrics/summary", window="24h", repo=repo)["builds"]
        found = stack.get("/pipelines", repo=repo)["pipelines"]
        return str(found[0]["id"]) if found and sum(total.values()) >= builds else None

    return eventually(counted)


def story(stack: Stack, repo: str) -> str:
    """Passed, failed twice on main with a log, passed on another branch."""
    for minutes, status, said in (
        (40, "success", {}),
        (30, "failure", {"logs": "first"}),
        (20, "failure", {"logs": "collecting\n\x1b[31mFAILED test_basket\x1b[0m\nexit 1"}),
        (10, "success", {"branch": "fix/it"}),
    ):
        stack.post("/ingest/github", flat(repo, status, ended=ago(minutes), **said))
    return known(stack, repo, 4)


def test_it_says_the_same_rate_of_the_same_builds_everywhere(look: Look, stack: Stack, repo: str) -> None:
    """6 in 11 are 54.5%; of the API's 54.55 it would be 54.6%."""
    for minute in range(11):
        status = "failure" if minute % 2 else "success"
        stack.post("/ingest/github", flat(repo, status, ended=ago(1 + minute)))
    known(stack, repo, 11)
    looking = look(f"?repo={repo}")
    expect(looking.tile("Success rate")).to_have_text("54.5%")
    expect(looking.row(repo).locator(".c-rate")).to_contain_text("54.5%")
    expect(looking.page.locator(".v-rate")).to_contain_text("54.5%")


def test_it_marks_a_flaky_pipeline_in_the_list(look: Look, stack: Stack, repo: str) -> None:
    for minute in range(6):
        said = {"head_sha": f"{minute // 2}" * 40, "ended": ago(1 + minute), "workflow_id": 3}
        run = workflow_run(repo, "failure" if minute % 2 else "success", **said)
        run["repository"]["id"] = int(repo.rpartition("-")[2]) + 7_000
        stack.post("/ingest/github", run, **{"X-GitHub-Event": "workflow_run"})
    known(stack, repo, 6)
    mark = look(f"?repo={repo}").row(repo, "Build").locator(".flaky")
    expect(mark).to_have_text("flaky")
    expect(mark).to_have_attribute("title", re.compile("^3 commits both failed and passed"))


def test_it_tells_of_a_broken_pipeline_its_branch_since_when_and_why(
    look: Look, stack: Stack, repo: str
) -> None:
    story(stack, repo)
    card = look(f"?repo={repo}").card(repo)  # of all, the latest six to break are explained
    expect(card).to_contain_text("Broken for 30m · 2 in a row")
    expect(card.locator(".branch")).to_have_text("branch main")
    expect(card.locator(".log mark")).to_have_text("FAILED test_basket")
    expect(card.get_by_role("link", name="Open at")).to_have_attribute("target", "_blank")


def test_it_draws_the_last_builds_in_colours_and_shapes(look: Look, stack: Stack, repo: str) -> None:
    story(stack, repo)
    looking = look()
    strip = looking.row(repo).locator(".strip")
    expect(strip).to_have_attribute("aria-label", "Last 4 builds: 2 passed, 2 failed; the newest: passed")
    shapes = {path: strip.locator(f".f-{path}").get_attribute("d") for path in ("success", "failure")}
    first = {name: (re.sub(r"^M\S+ ", "", path or "").split("Z")[0]) for name, path in shapes.items()}
    assert first["success"] != first["failure"]


def test_it_opens_the_build_that_is_clicked_in_a_strip(look: Look, stack: Stack, repo: str) -> None:
    story(stack, repo)
    looking = look(f"?repo={repo}")
    expect(looking.card(repo).locator("mark")).to_be_visible()
    strip = looking.row(repo).locator(".strip")
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    assert box
    looking.page.mouse.move(box["x"] + box["width"] - 12, box["y"] + 12)
    expect(looking.page.locator("#tip")).to_contain_text("Failed in 1m 00s · main")
    looking.page.mouse.click(box["x"] + box["width"] - 12, box["y"] + 12)
    expect(looking.page.locator(".log-part")).to_contain_text("FAILED test_basket")


def test_it_shows_a_pipeline_by_its_address(look: Look, stack: Stack, repo: str) -> None:
    looking = look(f"?pipeline={story(stack, repo)}")
    page = looking.page
    expect(page.locator("h1")).to_have_text("CI")
    expect(page.locator(".builds tbody tr")).to_have_count(4)
    expect(page.locator(".drawing .f-failure")).to_be_visible()
    expect(page.locator(".level")).to_have_count(2)
    expect(page.locator(".changes li")).to_have_count(1)
    expect(page.locator(".changes li")).to_contain_text("Broken main")
    page.get_by_role("link", name="fix/it").click()
    expect(page.locator(".builds tbody tr")).to_have_count(1)
    assert "branch=fix" in page.url
    page.go_back()
    expect(page.locator(".builds tbody tr")).to_have_count(4)


def test_it_goes_on_endlessly_through_the_builds_of_a_pipeline(look: Look, stack: Stack, repo: str) -> None:
    pipeline = story(stack, repo)
    page = stack.get("/builds", pipeline=pipeline)
    older = [{**page["builds"][0], "id": f"x.{n}", "number": n} for n in range(150)]
    looking = look(None)
    looking.answer("builds", {"builds": older[:100], "next": "more"}, times=1)
    looking.go(f"?pipeline={pipeline}")
    expect(looking.page.locator(".builds tbody tr")).to_have_count(100)
    looking.page.unroute_all()
    looking.answer("builds", {"builds": older[100:], "next": None})
    looking.page.mouse.wheel(0, 20_000)
    expect(looking.page.locator(".builds tbody tr")).to_have_count(150)
    expect(looking.page.get_by_role("button", name="Show older builds")).to_be_hidden()


def test_it_shows_a_build_by_its_address_with_its_log_and_the_way_to_its_sender(
    look: Look, stack: Stack, repo: str
) -> None:
    build = stack.post(
        "/ingest/github", workflow_run(repo, "timed_out"), **{"X-GitHub-Event": "workflow_run"}
    ).json()["build"]
    looking = look(f"?build={quote(build['id'])}")
    facts = looking.page.locator(".facts")
    for text in ("Failed (timed_out)", "octo", "0123456789abcdef0123456789abcdef01234567", "UTC", "GMT+5:30"):
        expect(facts).to_contain_text(text)
    expect(looking.page.get_by_role("link", name="Open at GitHub")).to_have_attribute("href", build["url"])
    expect(looking.page.locator(".log-part")).to_contain_text(
        "its own word for how this ended is “timed_out”"
    )


def test_it_says_so_when_a_link_leads_nowhere(look: Look) -> None:
    looking = look(None)
    looking.tolerant = True
    looking.go("?build=github.1.2.3.1")
    expect(looking.page.locator("h1")).to_have_text("There is no such build")
    looking.go("?pipeline=github.1.nobody")
    expect(looking.page.locator("h1")).to_have_text("There is no such pipeline")


def test_its_filters_stand_in_the_address(look: Look, stack: Stack, repo: str) -> None:
    stack.post("/ingest/github", flat(repo, "success", pipeline="Release Train", ended=ago(5)))
    stack.post("/ingest/github", flat(repo, "success", branch="topic/kiwi", ended=ago(3)))
    known(stack, repo, 2)
    looking = look()
    looking.page.get_by_role("searchbox").fill(f"{repo} release")
    expect(looking.page.locator(".rows > li")).to_have_count(1)
    assert "q=" in looking.page.url
    again = look(looking.page.url.split("/", 3)[3])
    expect(again.page.locator(".rows > li")).to_have_count(1)
    expect(again.page.get_by_role("searchbox")).to_have_value(f"{repo} release")
    again.page.get_by_role("searchbox").fill("topic/kiwi")
    expect(again.page.locator(".rows > li")).to_have_count(1)
    again.page.get_by_role("searchbox").fill("nothing is called this")
    expect(again.page.locator(".nothing", has_text="No pipeline matches")).to_be_visible()
    again.page.get_by_role("link", name="Show all").click()
    again.page.get_by_label("Repository", exact=True).select_option(repo)
    expect(again.page.locator(".rows > li")).to_have_count(2)
    assert f"repo={quote(repo, safe='')}" in again.page.url


def test_it_counts_default_branches_only_when_asked(look: Look, stack: Stack, repo: str) -> None:
    stack.post("/ingest/github", flat(repo, "success", ended=ago(9)))
    stack.post("/ingest/github", flat(repo, "failure", branch="dev", ended=ago(5)))
    known(stack, repo, 2)
    looking = look(f"?repo={repo}")
    expect(looking.tile("Success rate")).to_have_text("50%")
    looking.page.get_by_role("switch").click()
    expect(looking.tile("Success rate")).to_have_text("100%")
    expect(looking.row(repo).locator(".strip")).to_have_attribute("aria-label", re.compile("^Last 1 builds"))
    expect(looking.row(repo).locator(".c-rate")).to_contain_text("100%")
    assert "default=1" in looking.page.url


def test_it_takes_every_window(look: Look, stack: Stack, repo: str) -> None:
    stack.post("/ingest/github", flat(repo, "success", ended=ago(26 * 60)))
    eventually(lambda: stack.get("/pipelines", repo=repo)["pipelines"])
    looking = look(f"?repo={repo}&window=24h")
    expect(looking.tile("Builds")).to_have_text("0")
    for window in ("7 days", "30 days", "90 days"):
        looking.page.get_by_role("navigation", name="Window").get_by_label(window, exact=True).click()
        expect(looking.tile("Builds")).to_have_text("1")
        expect(looking.page.locator(".values .v-name")).to_have_text(window)


def test_it_fills_a_wall_without_scrolling_the_broken_ones_first(look: Look, stack: Stack, repo: str) -> None:
    story(stack, repo)
    looking = look("?tv=1", viewport={"width": 1920, "height": 1080})
    first = looking.page.locator(".tv-broken > li").first
    expect(first).to_be_visible()
    size = looking.page.evaluate(
        "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
    )
    assert size == [1080, 1920]
    expect(looking.page.locator(".tv-broken > li").filter(has_text=repo)).to_contain_text("2 failures")
    expect(looking.page.get_by_role("banner")).to_be_hidden()
    box = first.bounding_box()
    assert box
    assert box["width"] > 500


def test_it_says_what_to_do_before_the_first_build(look: Look, stack: Stack, repo: str) -> None:
    looking = look(None)
    looking.answer("pipelines", {"pipelines": [], "next": None}, times=1)
    looking.answer("builds", {"builds": [], "next": None})
    looking.context.grant_permissions(["clipboard-read", "clipboard-write"])
    looking.go("")
    page = looking.page
    expect(page.get_by_role("heading", name="No build yet")).to_be_visible()
    expect(page.locator("pre").first).to_have_text(f"{stack.url}/ingest/github")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{stack.url}/ingest/github"
    assert page.locator("pre").last.inner_text().startswith(f"curl -X POST '{stack.url}/ingest/github'")
    looking.is_live()
    stack.post("/ingest/github", flat(repo, "success"))
    expect(looking.row(repo)).to_be_visible()


def test_it_keeps_what_it_shows_while_the_api_fails_and_says_so(look: Look, stack: Stack, repo: str) -> None:
    stack.post("/ingest/github", flat(repo, "success"))
    known(stack, repo)
    looking = look(f"?repo={repo}")
    expect(looking.row(repo)).to_be_visible()
    looking.tolerant = True
    problem = {"detail": "Storage is busy; ask again in a moment."}
    looking.page.route("**/metrics/**", lambda route: route.fulfill(status=503, json=problem))
    looking.page.get_by_label("30 days").click()
    expect(looking.page.get_by_role("alert")).to_contain_text("Storage is busy")
    expect(looking.row(repo)).to_be_visible()
    looking.page.unroute_all()
    looking.page.get_by_role("button", name="Try now").click()
    expect(looking.page.get_by_role("alert")).to_be_hidden()
    expect(looking.tile("Builds")).to_have_text("1")


def test_it_shows_whatever_senders_wrote_as_text(look: Look, stack: Stack, repo: str) -> None:
    for minutes, name in enumerate(HOSTILE, start=1):
        body = flat(
            f"{repo} {name}", "failure", pipeline=name, branch=name, ended=ago(minutes), logs=name, url=None
        )
        assert stack.post("/ingest/github", body).status_code == 201, name
    eventually(
        lambda: len([p for p in stack.get("/pipelines")["pipelines"] if p["repo"].startswith(repo)]) == 5
    )
    ids = {p["name"]: p["id"] for p in stack.get("/pipelines")["pipelines"] if p["repo"].startswith(repo)}
    looking = look(viewport={"width": 1280, "height": 900})
    for name in HOSTILE:
        expect(looking.page.locator(".rows .name").filter(has_text=name)).to_be_attached()
    for address in ("", "?tv=1", *(f"?pipeline={each}" for each in ids.values())):
        looking.go(address)
        expect(looking.page.locator("h1")).to_be_visible()
        assert looking.page.locator("main img, main script").count() == 0
        assert looking.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    for name, each in ids.items():
        looking.go(f"?pipeline={each}")
        expect(looking.page.locator("h1")).to_have_text(name)


def test_it_tells_both_times_on_hover_and_lets_relative_ones_tick(
    look: Look, stack: Stack, repo: str
) -> None:
    stack.post("/ingest/github", flat(repo, "success", ended=ago(2)))
    known(stack, repo)
    looking = look(None)
    looking.page.clock.install(time=time.time())
    looking.go(f"?repo={repo}")
    time_ = looking.row(repo).locator("time").first
    expect(time_).to_have_text("2m ago")
    time_.hover()
    expect(looking.page.locator("#tip")).to_contain_text("GMT+5:30")
    expect(looking.page.locator("#tip")).to_contain_text("UTC")
    looking.page.clock.fast_forward(10 * 60_000)
    expect(time_).to_have_text("12m ago")


def test_it_remembers_a_theme_and_follows_the_system_without_one(look: Look) -> None:
    looking = look(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = looking.page.evaluate(ground)
    theme = looking.page.get_by_role("button", name="Theme: system")
    theme.click()
    assert looking.page.evaluate(ground) != dark
    looking.go("")
    expect(looking.page.get_by_role("button", name="Theme: light")).to_be_visible()
    assert looking.page.evaluate(ground) != dark
    looking.page.get_by_role("button", name="Theme: light").click()
    assert looking.page.evaluate(ground) == dark


def test_it_says_what_is_the_matter_with_a_pipeline(look: Look, stack: Stack, repo: str) -> None:
    """Three commits that failed and then passed."""
    for number in range(6):
        status = "success" if number % 2 else "failure"
        sha, ended = f"{number // 2:040x}", ago(60 - number)
        run = workflow_run(repo, status, head_sha=sha, ended=ended, workflow_id=88001)
        assert stack.post("/ingest/github", run, **{"X-GitHub-Event": "workflow_run"}).status_code == 201
    pipeline = known(stack, repo, 6)
    matters = look(f"?pipeline={pipeline}").page.get_by_label("What is the matter").get_by_role("listitem")
    expect(matters).to_have_count(1)
    expect(matters).to_contain_text("Flaky 3 commits both failed and passed within seven days")
    expect(matters).to_have_class("serious")
