"""A build of Jenkins' API is the same build as its notification's, and weighs less."""

from typing import Any

import pytest

from pipeline_health.domain.build import Build, Sighting, Status
from pipeline_health.domain.times import parse_instant
from pipeline_health.providers.jenkins_api import sighting
from tests.ingesting import NOW, built, jenkins, jenkins_build, refused, sighted
from tests.jenkins_server import listed_build

URL = "https://ci.example.com/job/shop/18/"
END = parse_instant("2026-11-23T11:05:30Z")
START = END - 320_000


def listed(url: str = URL, multibranch: bool | None = None, **fields: Any) -> Sighting:
    return sighting(listed_build(url, START, **fields), multibranch, NOW)


@pytest.mark.parametrize("result", ["SUCCESS", "FAILURE", "UNSTABLE", "ABORTED", "NOT_BUILT"])
def test_it_makes_the_build_that_the_notification_of_its_end_makes(result: str) -> None:
    told = built("jenkins", jenkins(jenkins_build(status=result)))
    assert listed(result=result).build == told.model_copy(update={"logs": None})


def test_it_makes_the_build_that_the_notification_of_its_start_makes() -> None:
    told = jenkins_build(phase="STARTED", status=None, timestamp=START, duration=0)
    running = listed(building=True, result=None, duration=0)
    assert running.build == built("jenkins", jenkins(told))
    assert listed(building=True, result="FAILURE").build.status is Status.IN_PROGRESS


@pytest.mark.parametrize("multibranch", [None, True, False])
def test_it_tells_a_branch_from_a_job_as_the_webhook_does(multibranch: bool | None) -> None:
    url = "https://ci.example.com/job/team/job/shop/job/feature%252Fx/18/"
    hint = "" if multibranch is None else str(int(multibranch))
    told = built("jenkins", jenkins(jenkins_build(full_url=url), multibranch=hint))
    assert identity(listed(url, multibranch).build) == identity(told)


def identity(build: Build) -> tuple[str, str, str]:
    return build.id, build.pipeline, build.branch


def test_it_yields_to_a_webhook_of_the_same_state_and_beats_one_of_an_earlier_state() -> None:
    started = jenkins_build(phase="STARTED", status=None, timestamp=END, duration=0)
    finalized = jenkins_build(phase="FINALIZED")
    assert listed().version > sighted("jenkins", jenkins(started)).version
    assert listed().version < sighted("jenkins", jenkins(finalized)).version
    assert listed().version < sighted("jenkins", jenkins(jenkins_build())).version


def test_it_takes_the_first_check_out_for_the_jobs_own() -> None:
    build = listed().build
    assert (build.repo, build.branch) == ("acme/shop", "main")


@pytest.mark.parametrize("actions", [[], [None, {}], [{"lastBuiltRevision": {"branch": []}}]])
def test_it_does_without_a_check_out(actions: list[Any]) -> None:
    build = listed(actions=actions).build
    assert (build.repo, build.branch, build.commit) == ("ci.example.com", "unknown", None)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": 7}, "url"),
        ({"url": "https://ci.example.com/"}, "build.full_url"),
        ({"result": None}, "build.status"),
        ({"timestamp": None}, "timestamp"),
    ],
)
def test_it_refuses_what_makes_no_build(fields: dict[str, Any], field: str) -> None:
    with refused(422, field):
        sighting({**listed_build(URL, START), **fields}, None, NOW)
