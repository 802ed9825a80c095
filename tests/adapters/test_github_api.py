"""GitHub's runs over its REST API: every one, every attempt, and no more requests than it allows."""

from collections.abc import Iterator
from typing import Any

import pytest

from pipeline_health.adapters.github_api import GitHub
from pipeline_health.adapters.github_rest import site
from pipeline_health.domain.build import Build
from pipeline_health.domain.times import DAY, HOUR, format_instant, parse_instant
from pipeline_health.flows.reconcile import SourceFailed, Span
from tests.github_server import GitHubServer, listed_run
from tests.ingesting import NOW, github_job, job_sighted, steps
from tests.sender_server import Asked, Said, serving

TODAY = NOW // DAY * DAY
SPAN = Span(TODAY - DAY, TODAY + DAY)


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with serving(GitHubServer(token="t0ken")) as server:
        yield server


@pytest.fixture
def github(server: GitHubServer) -> Iterator[GitHub]:
    api = site(server.url, "t0ken", insecure=True)
    yield GitHub(api, "acme/shop", lambda: NOW)
    api.close()


def run_at(number: int, created: int, **fields: Any) -> dict[str, Any]:
    at = format_instant(created)
    return listed_run(
        id=number,
        created_at=at,
        run_started_at=at,
        updated_at=format_instant(created + 90_000),
        **fields,
    )


def builds(github: GitHub, span: Span = SPAN) -> list[Build]:
    pages = [page for part in github.parts(span) for page in part.pages()]
    return [sighting.build for page in pages for sighting in page.sightings]


def ids(found: list[Build]) -> list[int]:
    return [int(build.run) for build in found]


def test_it_lists_every_page_of_every_day_newest_first(server: GitHubServer, github: GitHub) -> None:
    server.runs = [run_at(1 + number, TODAY - DAY + number * 300_000) for number in range(350)]
    server.runs += [run_at(999, TODAY - DAY - HOUR)]
    assert ids(builds(github)) == [*range(350, 0, -1)]


def test_it_sees_past_the_thousand_that_github_lists(server: GitHubServer, github: GitHub) -> None:
    server.runs = [run_at(1 + number, TODAY - DAY + number * 30_000) for number in range(2_500)]
    assert sorted(ids(builds(github))) == [*range(1, 2_501)]


def test_it_labels_builds_with_the_default_branch_that_only_the_repository_tells(
    server: GitHubServer, github: GitHub
) -> None:
    server.runs = [run_at(1, NOW - HOUR)]
    (build,) = builds(github)
    assert (build.repo, build.default_branch, build.pipeline_id) == ("acme/shop", "main", "github.77.4242")


def test_it_asks_only_whether_anything_changed_where_nothing_did(
    server: GitHubServer, github: GitHub
) -> None:
    server.runs = [run_at(1 + number, TODAY + number) for number in range(150)]
    assert len(builds(github)) == 150
    assert builds(github) == []
    server.runs[-1]["conclusion"] = "failure"
    assert len(builds(github)) == 100
    assert {asked.query["created"] for asked in server.asked if "created" in asked.query} == {
        "2026-11-23T00:00:00Z..2026-11-23T23:59:59Z",
        "2026-11-22T00:00:00Z..2026-11-22T23:59:59Z",
    }


def test_it_reads_a_page_again_whose_builds_were_not_all_recorded(
    server: GitHubServer, github: GitHub
) -> None:
    server.runs = [run_at(1, NOW - HOUR)]
    day = next(github.parts(SPAN))
    next(day.pages())  # and whoever took it died
    assert ids(builds(github)) == [1]


def test_it_counts_runs_it_cannot_read_and_reads_the_others(server: GitHubServer, github: GitHub) -> None:
    server.runs = [run_at(1, NOW - HOUR), run_at(2, NOW - HOUR, status="unheard-of")]
    (page,) = next(github.parts(SPAN)).pages()
    assert ([each.build.run for each in page.sightings], page.unusable) == (["1"], 1)


def test_it_ends_an_earlier_attempt_with_its_own_jobs(server: GitHubServer, github: GitHub) -> None:
    start = NOW - 5 * HOUR
    server.runs = [
        run_at(1, start, run_attempt=1, conclusion="failure"),
        run_at(1, NOW - HOUR, run_attempt=2) | {"created_at": format_instant(start)},
    ]
    server.jobs[1, 1] = [{"id": n, "completed_at": format_instant(start + n * 1000)} for n in range(150)]
    (page,) = next(github.parts(SPAN)).pages()
    (latest,) = page.sightings
    first = github.attempt(latest, 1)
    assert first
    assert (latest.build.attempt, first.build.attempt) == (2, 1)
    assert (first.build.completed_at, first.build.duration_ms) == (start + 149_000, 149_000)
    assert first.build.status == "failure"
    assert github.attempt(latest, 7) is None


def test_it_asks_for_jobs_only_where_the_end_is_doubtful(server: GitHubServer, github: GitHub) -> None:
    plain = run_at(1, NOW - HOUR)
    annotated = run_at(2, NOW - 10 * HOUR) | {"updated_at": format_instant(NOW - HOUR)}
    server.runs = [plain, annotated]
    server.jobs[2, 1] = [{"id": 5, "completed_at": format_instant(NOW - 9 * HOUR)}]
    (page,) = next(github.parts(SPAN)).pages()
    settled = {each.build.run: github.settled(each).build for each in page.sightings}
    assert settled["1"].duration_ms == 90_000
    assert settled["2"].completed_at == NOW - 9 * HOUR
    assert [path for path in server.paths() if path.endswith("/jobs")] == [
        "/repos/acme/shop/actions/runs/2/attempts/1/jobs"
    ]


def test_it_tells_a_builds_jobs_as_webhooks_do(server: GitHubServer, github: GitHub) -> None:
    failed = {"run_id": 1, "conclusion": "failure", "steps": steps("success", "failure", "skipped")}
    told = github_job(**failed)["workflow_job"]
    server.runs = [run_at(1, NOW - HOUR)]
    server.jobs[1, 1] = [told, {"id": "no job"}]
    (page,) = next(github.parts(SPAN)).pages()
    (listed,) = github.jobs(page.sightings[0].build)
    webhook = job_sighted(**failed)
    assert listed.job == webhook.job
    assert listed.job.failing_step
    assert listed.version < webhook.version  # whose word beats it


def test_it_finds_a_github_enterprise_server_below_its_path() -> None:
    with serving(GitHubServer(base="/api/v3", runs=[run_at(1, NOW - HOUR)])) as server:
        api = site(f"{server.url}/api/v3", "", insecure=True)
        assert ids(builds(GitHub(api, "acme/shop", lambda: NOW))) == [1]
        api.close()
        assert "authorization" not in server.asked[0].headers


def failing(github: GitHub) -> SourceFailed:
    with pytest.raises(SourceFailed) as failed:
        builds(github)
    return failed.value


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (403, {"Retry-After": "120"}, 120_000),
        (429, {"Retry-After": "7"}, 7_000),
        (429, {}, 60_000),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW // 1000 + 900)}, 900_000),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW // 1000 - 5)}, 1_000),
        (403, {"X-RateLimit-Remaining": "0"}, 60_000),
    ],
)
def test_it_hears_both_kinds_of_limit_and_for_how_long(
    server: GitHubServer, github: GitHub, status: int, headers: dict[str, str], pause: int
) -> None:
    server.trouble = lambda _: Said(status, {"message": "API rate limit exceeded"}, headers)
    failed = failing(github)
    assert (failed.reason, failed.retry_after) == ("rate_limited", pause)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said(401, {"message": "Bad credentials"}), "unauthorized"),
        (Said(403, {"message": "Resource not accessible by personal access token"}), "forbidden"),
        (Said(404, {"message": "Not Found"}), "not_found"),
        (Said(500, b""), "http_500"),
        (Said(200, b"<html>Sign in</html>"), "unexpected_answer"),
        (Said(200, {"workflow_runs": "none"}), "unexpected_answer"),
    ],
)
def test_it_has_one_word_for_what_went_wrong(
    server: GitHubServer, github: GitHub, said: Said, reason: str
) -> None:
    def in_the_middle(asked: Asked) -> Said | None:
        return said if asked.path.endswith("/runs") else None

    server.trouble = in_the_middle
    assert failing(github).reason == reason


def test_it_never_follows_a_link_to_another_host(server: GitHubServer, github: GitHub) -> None:
    with serving(GitHubServer()) as elsewhere:
        link = {"Link": f'<{elsewhere.url}/repos/acme/shop/actions/runs>; rel="next"'}
        page = Said(200, {"total_count": 1, "workflow_runs": []}, link)
        server.trouble = lambda asked: page if asked.path.endswith("/runs") else None
        assert failing(github).reason == "redirected"
        assert elsewhere.asked == []


def test_it_names_its_source() -> None:
    assert GitHub(site("https://x", "t0ken"), "acme/shop", lambda: NOW).name == "github acme/shop"
    assert parse_instant("2026-11-23T12:00:00Z") == NOW
