"""What a GitLab pipeline event says of a build."""

from itertools import permutations
from typing import Any

import pytest

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.times import parse_instant
from pipeline_health.providers.delivery import Delivery, Ignored
from tests.ingesting import (
    NOW,
    Document,
    FakeBuilds,
    built,
    changed,
    flat_body,
    gitlab,
    gitlab_pipeline,
    parsed,
    refused,
    sighted,
)


def build_of(document: Document) -> Build:
    return built("gitlab", gitlab(document))


def test_it_reads_a_pipeline_that_passed() -> None:
    build = build_of(gitlab_pipeline())
    assert build == Build(
        provider="gitlab",
        pipeline_id=build.pipeline_id,
        run="31",
        repo="acme/shop",
        pipeline="pipeline",
        branch="main",
        default_branch="main",
        commit="3f786850e387550fdab836ed7e6dc881de23001b",
        number=123,
        status=Status.SUCCESS,
        conclusion="success",
        event="push",
        actor="mona",
        queued_at=parse_instant("2026-11-23T11:00:00Z"),
        started_at=parse_instant("2026-11-23T11:00:12Z"),
        completed_at=parse_instant("2026-11-23T11:05:30Z"),
        duration_ms=300_000,
        url="https://gitlab.example.com/acme/shop/-/pipelines/31",
        title="Speed up the checkout",
    )
    assert build.queue_ms == 12_000


def test_it_tells_the_projects_of_two_servers_apart() -> None:
    ours, theirs = (
        build_of(changed(gitlab_pipeline(), {"project.web_url": f"https://{host}/acme/shop"}))
        for host in ("gitlab.example.com", "gitlab.com")
    )
    assert ours.pipeline_id != theirs.pipeline_id
    assert ours.pipeline_id == build_of(gitlab_pipeline(url="https://elsewhere.example.com/")).pipeline_id
    assert {ours.pipeline_id.rpartition(".")[2], theirs.pipeline_id.rpartition(".")[2]} == {"77"}


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("created", Status.QUEUED),
        ("waiting_for_resource", Status.QUEUED),
        ("preparing", Status.QUEUED),
        ("pending", Status.QUEUED),
        ("scheduled", Status.QUEUED),
        ("running", Status.IN_PROGRESS),
        ("canceling", Status.IN_PROGRESS),
        ("success", Status.SUCCESS),
        ("failed", Status.FAILURE),
        ("canceled", Status.CANCELLED),
        ("skipped", Status.SKIPPED),
        ("manual", Status.SKIPPED),
        ("a word of next year", Status.SKIPPED),
    ],
)
def test_it_reads_every_status(word: str, status: Status) -> None:
    build = build_of(gitlab_pipeline(status=word))
    assert build.status is status
    assert build.conclusion == (word if status.completed else None)


def test_a_pipeline_that_waits_has_no_start_and_one_that_runs_no_end() -> None:
    waiting = build_of(gitlab_pipeline(status="pending", finished_at=None, duration=None, queued_duration=4))
    assert (waiting.queued_at, waiting.started_at) == (parse_instant("2026-11-23T11:00:00Z"), None)
    running = build_of(gitlab_pipeline(status="running", duration=3))
    assert running.started_at == parse_instant("2026-11-23T11:00:12Z")
    assert running.completed_at is running.duration_ms is None


@pytest.mark.parametrize(
    "time", ["2026-11-23 12:00:00 +0100", "2026-11-23 06:00:00 -05:00", "2026-11-23T11:00:00Z"]
)
def test_it_reads_times_however_gitlab_spells_them(time: str) -> None:
    assert build_of(gitlab_pipeline(created_at=time)).queued_at == parse_instant("2026-11-23T11:00:00Z")


@pytest.mark.parametrize("time", ["2026-11-23 11:00:00", "UTC", "2026-11-23 11:00:00 CET", 1, None])
def test_it_refuses_a_time_without_its_zone(time: Any) -> None:
    with refused(422, "object_attributes.created_at"):
        build_of(gitlab_pipeline(created_at=time))


@pytest.mark.parametrize("words", [("failed", "success"), ("success", "failed"), ("canceled", "success")])
def test_what_a_retry_comes_to_replaces_what_was_said_before_in_any_order(words: tuple[str, str]) -> None:
    first = gitlab_pipeline(status=words[0])
    running = gitlab_pipeline(status="running", finished_at=None)
    last = gitlab_pipeline(status=words[1], finished_at="2026-11-23 11:15:00 UTC")
    for order in permutations((first, running, last)):
        builds = FakeBuilds()
        for document in order:
            recorded = builds.record(sighted("gitlab", gitlab(document)), NOW)
        assert recorded.build.conclusion == words[1]
        assert recorded.build.completed_at == parse_instant("2026-11-23T11:15:00Z")


def test_a_merge_request_from_a_fork_is_on_no_branch_of_ours() -> None:
    request = {"source_project_id": 78, "target_project_id": 77, "title": "Add a cart"}
    assert build_of(gitlab_pipeline() | {"merge_request": request}).branch == "78:main"
    own = build_of(gitlab_pipeline() | {"merge_request": request | {"source_project_id": 77}})
    assert (own.branch, own.title) == ("main", "Add a cart")
    with refused(422, "object_attributes.ref"):
        build_of(gitlab_pipeline(ref="x" * 510) | {"merge_request": request})


def test_it_names_the_jobs_that_failed_it() -> None:
    jobs = [
        {"name": "wheel", "stage": "build", "status": "success"},
        {"name": "lint", "stage": "test", "status": "failed", "allow_failure": True},
        {"name": "unit", "stage": "test", "status": "failed", "failure_reason": "script_failure"},
        {"name": "e2e", "stage": "test", "status": "failed", "failure_reason": None},
    ]
    build = build_of(gitlab_pipeline(status="failed") | {"builds": jobs})
    assert build.logs == "unit (test) failed: script_failure\ne2e (test) failed: no reason given"
    assert build_of(gitlab_pipeline(status="canceled") | {"builds": jobs}).logs is None
    assert build_of(gitlab_pipeline(status="failed") | {"builds": None}).logs is None


@pytest.mark.parametrize("event", ["Job Hook", "Push Hook", "pipeline hook", ""])
def test_other_events_are_no_builds(event: str) -> None:
    delivery = Delivery(b"no json", NOW, {"x-gitlab-event": event})
    assert isinstance(parsed("gitlab", delivery), Ignored)


def test_a_child_pipeline_is_a_part_of_its_parent() -> None:
    assert isinstance(parsed("gitlab", gitlab(gitlab_pipeline(source="parent_pipeline"))), Ignored)


def test_its_address_follows_from_its_project_where_it_is_not_said() -> None:
    assert build_of(gitlab_pipeline(url=None)).url == "https://gitlab.example.com/acme/shop/-/pipelines/31"


def test_a_step_with_curl_will_do() -> None:
    assert built("gitlab", gitlab(flat_body(), event=None)).provider == "gitlab"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"object_attributes.id": 0}, "object_attributes.id"),
        ({"object_attributes.ref": ""}, "object_attributes.ref"),
        ({"object_attributes.status": None}, "object_attributes.status"),
        ({"object_attributes.duration": -1}, "object_attributes.duration"),
        ({"object_attributes.url": "javascript:alert(1)"}, "object_attributes.url"),
        ({"project.web_url": "ftp://x/"}, "project.web_url"),
        ({"project.path_with_namespace": None}, "project.path_with_namespace"),
    ],
)
def test_it_says_which_field_it_cannot_use(changes: Document, field: str) -> None:
    with refused(422, field):
        build_of(changed(gitlab_pipeline(), changes))
