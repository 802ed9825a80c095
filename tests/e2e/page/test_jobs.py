"""A build's jobs, and how a pipeline's jobs do: on the page, from GitHub's webhooks."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.builds import workflow_job, workflow_run
from tests.e2e.page.looking import Looking
from tests.e2e.stack import Stack, eventually

Look = Callable[..., Looking]
HOSTILE = "<img src=x onerror=alert(1)> \u202egnp.exe " + "x" * 300


def a_failed_build(stack: Stack, repo: str, **job: Any) -> str:
    """Of two jobs, the second of which failed; once its jobs are counted."""
    number = abs(hash(repo)) % 10**6
    run = workflow_run(repo, "failure", workflow_id=number + 1)
    run["repository"]["id"] = number + 1
    said = {"X-GitHub-Event": "workflow_job"}
    stack.post("/ingest/github", workflow_job(run, "success", name="lint"), **said)
    build = stack.post("/ingest/github", run, **{"X-GitHub-Event": "workflow_run"}).json()["build"]
    stack.post("/ingest/github", workflow_job(run, "failure", **job), **said)
    pipeline = build["pipeline_id"]
    eventually(lambda: stack.get("/metrics/jobs", pipeline=pipeline)["all_jobs"] == 2)
    eventually(lambda: stack.get(f"/builds/{build['id']}")["queue_seconds"] is not None)
    return str(build["id"])


def test_a_build_shows_its_jobs_and_the_step_that_failed_with_the_way_there(
    look: Look, stack: Stack, repo: str
) -> None:
    build = a_failed_build(stack, repo)
    page = look(f"?build={quote(build)}").page
    rows = page.locator(".jobs tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("test")
    expect(rows.first).to_contain_text("step 2 Run pytest")
    url = stack.get(f"/builds/{build}")["jobs"][1]["url"]
    expect(rows.first.get_by_role("link", name="Run pytest")).to_have_attribute("href", url)
    expect(rows.first).to_contain_text("40s")
    expect(page.locator(".log-part")).to_contain_text("Failed at Run pytest (step 2) of test")
    expect(page.locator(".facts")).to_contain_text("Waited before20s")


def test_a_broken_pipeline_says_at_which_step_of_which_job(look: Look, stack: Stack, repo: str) -> None:
    build = a_failed_build(stack, repo)
    looking = look(f"?repo={repo}")
    expect(looking.card(repo)).to_contain_text("Failed at Run pytest (step 2) of test")
    looking.go(f"?pipeline={build.rsplit('.', 2)[0]}")
    expect(looking.page.locator(".cause-panel")).to_contain_text("Failed at Run pytest")


def test_a_pipeline_shows_how_its_jobs_do(look: Look, stack: Stack, repo: str) -> None:
    build = a_failed_build(stack, repo)
    page = look(f"?pipeline={build.rsplit('.', 2)[0]}").page
    table = page.get_by_role("region", name="How the jobs do")
    expect(table.locator("tbody tr")).to_have_count(2)
    expect(table.locator("tbody tr").first).to_contain_text("test1 of 1 (100%)Run pytest 1")
    expect(table.locator("tbody tr").nth(1)).to_contain_text("lint0 of 1 (0%)")


def test_a_pipeline_without_jobs_shows_no_table_of_them(look: Look, stack: Stack, repo: str) -> None:
    sent = workflow_run(repo, "success")
    build = stack.post("/ingest/github", sent, **{"X-GitHub-Event": "workflow_run"}).json()["build"]
    looking = look(f"?pipeline={build['pipeline_id']}")
    expect(looking.page.locator(".builds tbody tr").first).to_be_visible()
    expect(looking.page.get_by_role("region", name="How the jobs do")).to_be_hidden()
    looking.go(f"?build={build['id']}")
    expect(looking.page.locator(".facts")).to_contain_text("Passed")
    expect(looking.page.locator(".jobs")).to_be_hidden()


def test_it_shows_jobs_and_steps_as_text_to_everybody(look: Look, stack: Stack, repo: str) -> None:
    build = a_failed_build(stack, repo, name=HOSTILE, step=HOSTILE)
    looking = look(viewport={"width": 320, "height": 700})
    for address in (f"?build={quote(build)}", f"?pipeline={build.rsplit('.', 2)[0]}"):
        looking.go(address)
        expect(looking.page.get_by_text("onerror=alert").first).to_be_visible()
        assert looking.page.locator("main img, main script").count() == 0
        assert looking.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        assert Axe().run(looking.page).response["violations"] == [], address
