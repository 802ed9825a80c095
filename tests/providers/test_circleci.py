"""What CircleCI's workflow-completed webhook says of a build."""

from typing import Any

import pytest

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.times import parse_instant
from pipeline_health.providers.delivery import Ignored
from tests.ingesting import (
    ABSENT,
    Document,
    built,
    changed,
    circleci,
    circleci_workflow,
    flat_body,
    parsed,
    refused,
)


def build_of(document: Document) -> Build:
    return built("circleci", circleci(document))


def test_it_reads_a_workflow_that_passed() -> None:
    build = build_of(circleci_workflow())
    assert build == Build(
        provider="circleci",
        pipeline_id=build.pipeline_id,
        run="fda08377-fe7e-46b1-8992-3a7aaecac9c3",
        repo="acme/shop",
        pipeline="build-test-deploy",
        branch="main",
        commit="3f786850e387550fdab836ed7e6dc881de23001b",
        number=130,
        status=Status.SUCCESS,
        conclusion="success",
        actor="Mona",
        started_at=parse_instant("2026-11-23T11:00:10Z"),
        completed_at=parse_instant("2026-11-23T11:05:30Z"),
        duration_ms=320_000,
        url="https://app.circleci.com/pipelines/github/acme/shop/130/workflows/fda08377",
        title="Speed up the checkout",
    )


def test_a_workflow_of_another_name_or_project_is_another_pipeline() -> None:
    other = changed(circleci_workflow(), {"project.id": "another"})
    names = [build_of(document).pipeline_id for document in (circleci_workflow(name="nightly"), other)]
    assert len({*names, build_of(circleci_workflow()).pipeline_id}) == 3


def test_one_that_is_run_again_is_another_build() -> None:
    assert build_of(circleci_workflow(id="another")).id != build_of(circleci_workflow()).id


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("success", Status.SUCCESS),
        ("failed", Status.FAILURE),
        ("error", Status.FAILURE),
        ("canceled", Status.CANCELLED),
        ("unauthorized", Status.SKIPPED),
        ("a word of next year", Status.SKIPPED),
    ],
)
def test_it_reads_every_status(word: str, status: Status) -> None:
    build = build_of(circleci_workflow(status=word))
    assert (build.status, build.conclusion) == (status, word)


@pytest.mark.parametrize(
    ("slug", "repo"),
    [
        ("github/acme/shop", "acme/shop"),
        ("gh/acme/shop", "acme/shop"),
        ("bb/acme/shop", "acme/shop"),
        ("circleci/WbqDpFPLeJKDzqkWGzgqpH/8QyGjZPXYwLK4TW5DBtTbt", "acme/Shop"),
        ("github", "acme/Shop"),
    ],
)
def test_it_knows_the_repository_by_its_slug_or_by_the_names_of_both(slug: str, repo: str) -> None:
    document = changed(circleci_workflow(), {"project.slug": slug, "project.name": "Shop"})
    assert build_of(document).repo == repo


def test_a_project_without_an_organization_is_its_own_repository() -> None:
    assert (
        build_of(changed(circleci_workflow(), {"project.slug": "x", "organization": ABSENT})).repo == "shop"
    )


def test_it_reads_what_was_built_of_a_repository_on_gitlab() -> None:
    git = {
        "branch": "develop",
        "checkout_sha": "f8fac7ee",
        "commit_title": "Fix it",
        "commit_author_name": "Lou",
        "tag": "",
    }
    changes = {"pipeline.vcs": ABSENT, "pipeline.trigger_parameters": {"git": git, "circleci": {}}}
    build = build_of(changed(circleci_workflow(), changes))
    assert (build.branch, build.commit, build.title) == ("develop", "f8fac7ee", "Fix it")
    assert build.actor == "Lou"


@pytest.mark.parametrize(
    ("vcs", "branch"), [({"tag": "v1"}, "v1"), ({"branch": "", "tag": "v1"}, "v1"), ({}, "unknown")]
)
def test_a_tag_stands_for_the_branch_that_it_has_not(vcs: Any, branch: str) -> None:
    assert build_of(changed(circleci_workflow(), {"pipeline.vcs": vcs})).branch == branch


def test_a_clock_that_goes_back_makes_no_negative_duration() -> None:
    assert build_of(circleci_workflow(stopped_at="2026-11-23T11:00:09Z")).duration_ms == 0


@pytest.mark.parametrize("event", ["job-completed", "ping", "Workflow-Completed"])
def test_other_events_are_no_builds(event: str) -> None:
    assert isinstance(parsed("circleci", circleci(b"no json", event)), Ignored)


def test_a_step_with_curl_will_do() -> None:
    assert built("circleci", circleci(flat_body(), event=None)).provider == "circleci"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"workflow.id": "a.b"}, "workflow.id"),
        ({"workflow.name": ""}, "workflow.name"),
        ({"workflow.status": None}, "workflow.status"),
        ({"workflow.stopped_at": None}, "workflow.stopped_at"),
        ({"workflow.created_at": "2025-01-01T00:00:00Z"}, "workflow.created_at"),
        ({"workflow.url": "javascript:alert(1)"}, "workflow.url"),
        ({"project.id": "../"}, "project.id"),
    ],
)
def test_it_says_which_field_it_cannot_use(changes: Document, field: str) -> None:
    with refused(422, field):
        build_of(changed(circleci_workflow(), changes))
