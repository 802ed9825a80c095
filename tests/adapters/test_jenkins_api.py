"""Jenkins' builds over its JSON API: folders, branches, more than a hundred builds, and its credentials."""

from collections.abc import Iterator

import pytest

from pipeline_health.adapters.jenkins_api import Jenkins, hint, site
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.flows.reconcile import SourceFailed, Span
from tests.ingesting import NOW, Document
from tests.jenkins_server import JenkinsServer, listed_build
from tests.sender_server import Said, serving

SPAN = Span(NOW // DAY * DAY - DAY, NOW // DAY * DAY + DAY)


@pytest.fixture
def server() -> Iterator[JenkinsServer]:
    with serving(JenkinsServer(credentials="ci:11aa")) as server:
        yield server


def jenkins(server: JenkinsServer, path: str = "", credentials: str = "ci:11aa") -> Jenkins:
    url = f"{server.url}{path}"
    return Jenkins(site(url, credentials, insecure=True), hint(url), lambda: NOW)


def history(job: str, builds: int, every: int = HOUR) -> list[Document]:
    """Newest first, the newest an hour ago."""
    return [
        listed_build(f"https://ci.example.com{job}{builds - back}/", NOW - HOUR - back * every)
        for back in range(builds)
    ]


def numbers(source: Jenkins, span: Span = SPAN) -> dict[str, list[int | None]]:
    found = {
        part.name: [each.build.number for page in part.pages() for each in page.sightings]
        for part in source.parts(span)
    }
    source.site.close()
    return found


def test_it_finds_jobs_in_folders_and_branches(server: JenkinsServer) -> None:
    server.jobs = {
        "shop": history("/job/shop/", 1),
        "team a": {"inner": {"deep": history("/job/team%20a/job/inner/job/deep/", 2)}, "empty": {}},
        "app": {"main": history("/job/app/job/main/", 1), "feature%2Fx": history("/job/app/job/f/", 1)},
        "never": [],
    }
    assert numbers(jenkins(server)) == {
        "/job/shop": [1],
        "/job/team%20a/job/inner/job/deep": [2, 1],
        "/job/app/job/main": [1],
        "/job/app/job/feature%252Fx": [1],
    }


@pytest.mark.parametrize("builds", [99, 100, 101, 250])
def test_it_sees_past_the_hundred_that_builds_would_list(server: JenkinsServer, builds: int) -> None:
    server.jobs = {"shop": history("/job/shop/", builds, every=60_000)}
    assert numbers(jenkins(server)) == {"/job/shop": [*range(builds, 0, -1)]}


def test_it_looks_no_further_back_than_it_was_asked(server: JenkinsServer) -> None:
    server.jobs = {"shop": history("/job/shop/", 1_000), "old": history("/job/old/", 1)}
    server.jobs["old"][0]["timestamp"] = SPAN.since - 1
    found = numbers(jenkins(server))
    assert list(found) == ["/job/shop"]
    assert len(found["/job/shop"]) == 36  # an hour apart, from yesterday's first to an hour ago
    assert len(server.asked) == 2


def test_it_reads_a_server_with_more_jobs_than_one_page_holds(server: JenkinsServer) -> None:
    server.jobs = {f"job{number}": history(f"/job/job{number}/", 1) for number in range(230)}
    assert len(numbers(jenkins(server))) == 230


@pytest.mark.parametrize("path", ["/job/team", "/job/team/job/shop", "/job/team/job/shop/?multibranch=0"])
def test_it_reads_a_folder_or_a_single_job(server: JenkinsServer, path: str) -> None:
    server.jobs = {"team": {"shop": history("/job/team/job/shop/", 2)}, "other": history("/job/other/", 1)}
    ((_, found),) = numbers(jenkins(server, path)).items()
    assert found == [2, 1]


def test_it_counts_builds_it_cannot_read_and_reads_the_others(server: JenkinsServer) -> None:
    builds = history("/job/shop/", 2)
    builds[0]["result"] = None
    server.jobs = {"shop": builds}
    source = jenkins(server)
    ((page,),) = [list(part.pages()) for part in source.parts(SPAN)]
    source.site.close()
    assert (len(page.sightings), page.unusable) == (1, 1)


def failing(source: Jenkins) -> str:
    with pytest.raises(SourceFailed) as failed:
        numbers(source)
    source.site.close()
    return failed.value.reason


def test_it_has_one_word_for_what_went_wrong(server: JenkinsServer) -> None:
    assert failing(jenkins(server, credentials="ci:wrong")) == "unauthorized"
    assert failing(jenkins(server, "/jenkins")) == "not_found"
    server.trouble = lambda _: Said(503, b"")
    assert failing(jenkins(server)) == "http_503"
    server.trouble = lambda _: Said(200, {"hello": "world"})
    assert failing(jenkins(server)) == "not_jenkins"
    server.trouble = lambda _: Said(200, {"jobs": [7]}, {"X-Jenkins": "2.5"})
    assert failing(jenkins(server)) == "unexpected_answer"


def test_it_takes_the_same_hint_as_the_webhooks_url() -> None:
    assert hint("https://ci.example.com/?multibranch=1") is True
    assert hint("https://ci.example.com/?multibranch=0") is False
    assert hint("https://ci.example.com/") is None


def test_it_names_its_source_without_its_user() -> None:
    source = Jenkins(site("https://ci:11aa@ci.example.com/jenkins/?multibranch=1", ""), None, lambda: NOW)
    assert source.name == "jenkins ci.example.com/jenkins"
