"""Pipeline and branch out of a Jenkins build's address."""

from typing import Any

import pytest

from pipeline_health.domain.build import Build
from tests.ingesting import built, jenkins, jenkins_build, parsed, refused

ROOT = "https://ci.example.com"


def build_at(path: str, multibranch: str | None = None, **build: Any) -> Build:
    document = jenkins_build(full_url=f"{ROOT}{path}", **build)
    return built("jenkins", jenkins(document, multibranch=multibranch or ""))


@pytest.mark.parametrize(
    ("path", "pipeline", "branch"),
    [
        ("/job/shop/18/", "shop", "from-scm"),
        ("/job/test%20job/18", "test job", "from-scm"),
        ("/job/team/job/shop/18/", "team/shop", "from-scm"),
        ("/job/team/job/shop/job/main/18/", "team/shop", "main"),
        ("/job/shop/job/PR-12/18/", "shop", "PR-12"),
        ("/job/shop/job/MR-7/18/", "shop", "MR-7"),
        ("/job/shop/job/PR-x/18/", "shop/PR-x", "from-scm"),
        ("/job/shop/job/feature%252Flogin/18/", "shop", "feature/login"),
        ("/job/shop/job/feature%2Flogin/18/", "shop", "feature/login"),
        ("/job/main/18/", "main", "from-scm"),
        ("/job/job/job/job/18/", "job/job", "from-scm"),
        ("/job/axes/os=linux/18/", "axes/os=linux", "from-scm"),
        ("/jenkins/job/shop/job/trunk/18/", "shop", "trunk"),
    ],
)
def test_it_tells_pipeline_and_branch_by_the_jobs_path(path: str, pipeline: str, branch: str) -> None:
    build = build_at(path, scm={"branch": "from-scm"})
    assert (build.pipeline, build.branch) == (pipeline, branch)


def test_the_webhooks_url_can_say_that_a_job_is_multibranch() -> None:
    build = build_at("/job/shop/job/login/18/", multibranch="1")
    assert (build.pipeline, build.branch) == ("shop", "login")


def test_the_webhooks_url_can_say_that_a_job_is_not() -> None:
    build = build_at("/job/shop/job/main/18/", multibranch="0", scm={"branch": "release"})
    assert (build.pipeline, build.branch) == ("shop/main", "release")


def test_the_branches_of_a_multibranch_project_are_one_pipeline() -> None:
    main, feature = build_at("/job/shop/job/main/18/"), build_at("/job/shop/job/a%252Fb/18/")
    assert main.pipeline_id == feature.pipeline_id
    assert main.id != feature.id


def test_the_same_job_on_two_servers_is_two_pipelines() -> None:
    under_a_path = build_at("/jenkins/job/shop/18/")
    assert under_a_path.pipeline_id != build_at("/job/shop/18/").pipeline_id


def test_slashes_in_names_never_make_two_jobs_one() -> None:
    split, joined = build_at("/job/a/job/b/job/c/1/"), build_at("/job/a%2Fb/job/c/1/")
    assert split.pipeline_id != joined.pipeline_id


def test_its_number_stands_in_the_address_too() -> None:
    assert build_at("/job/shop/19/", number=None).number == 19


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/job/",
        "/job/shop/",
        "/job/18/",
        "/view/shop/18/",
        "/job/shop/x/",
        "/job/a//18/",
        "/job/shop/٣/",
    ],
)
def test_an_address_that_is_no_builds_is_refused(path: str) -> None:
    with refused(422, "build.full_url"):
        build_at(path)


@pytest.mark.parametrize("name", ["%00", "%EF%BF%BD", "%FF", "n" * 513])
def test_a_job_whose_name_cannot_be_kept_is_refused(name: str) -> None:
    with refused(422, "build.full_url"):
        parsed("jenkins", jenkins(jenkins_build(full_url=f"{ROOT}/job/{name}/18/")))
