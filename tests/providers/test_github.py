"""What a GitHub workflow_run webhook says of a build."""

import json
from typing import Any
from urllib.parse import quote_plus

import pytest

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.times import parse_instant
from pipeline_health.providers.delivery import Ignored
from tests.ingesting import (
    ABSENT,
    Document,
    built,
    changed,
    github,
    github_run,
    message_for,
    parsed,
    refused,
    sighted,
)


def build_of(document: Document) -> Build:
    return built("github", github(document))


def test_it_reads_a_completed_run() -> None:
    build = build_of(github_run())
    assert build == Build(
        provider="github",
        pipeline_id="github.77.4242",
        run="9876543210",
        attempt=1,
        repo="acme/shop",
        pipeline="CI",
        branch="main",
        default_branch="main",
        commit="3f786850e387550fdab836ed7e6dc881de23001b",
        number=562,
        status=Status.SUCCESS,
        conclusion="success",
        event="push",
        actor="hubot",
        started_at=parse_instant("2026-11-23T11:00:10Z"),
        completed_at=parse_instant("2026-11-23T11:05:30Z"),
        duration_ms=320_000,
        url="https://github.com/acme/shop/actions/runs/9876543210",
        title="Speed up the checkout",
    )
    assert build.id == "github.77.4242.9876543210.1"


@pytest.mark.parametrize(
    ("conclusion", "status"),
    [
        ("success", Status.SUCCESS),
        ("failure", Status.FAILURE),
        ("timed_out", Status.FAILURE),
        ("startup_failure", Status.FAILURE),
        ("cancelled", Status.CANCELLED),
        ("skipped", Status.SKIPPED),
        ("neutral", Status.SKIPPED),
        ("stale", Status.SKIPPED),
        ("surprised", Status.SKIPPED),
        ("action_required", Status.QUEUED),
    ],
)
def test_it_sorts_conclusions_and_keeps_their_word(conclusion: str, status: Status) -> None:
    build = build_of(github_run(conclusion=conclusion))
    assert (build.status, build.conclusion) == (status, conclusion)
    assert (build.completed_at is not None) is status.completed


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("requested", Status.QUEUED),
        ("waiting", Status.QUEUED),
        ("pending", Status.QUEUED),
        ("queued", Status.QUEUED),
        ("in_progress", Status.IN_PROGRESS),
    ],
)
def test_it_believes_the_status_and_not_the_action(word: str, status: Status) -> None:
    build = build_of({**github_run(status=word, conclusion=None), "action": "completed"})
    assert (build.status, build.completed_at, build.duration_ms) == (status, None, None)


def test_an_approval_that_is_waited_for_is_superseded_when_the_run_goes_on() -> None:
    waiting = sighted("github", github(github_run(conclusion="action_required")))
    queued = github_run(status="queued", conclusion=None, updated_at="2026-11-23T11:40:00Z")
    assert waiting.version < sighted("github", github(queued)).version


def test_a_completed_run_without_a_conclusion_is_refused() -> None:
    with refused(422, "workflow_run.conclusion"):
        parsed("github", github(github_run(conclusion=None)))


def test_the_run_number_and_the_name_are_no_identity() -> None:
    renamed = build_of(github_run(name="Build", run_number=1))
    assert renamed.id == build_of(github_run()).id
    assert build_of(github_run(workflow_id=4243)).pipeline_id != renamed.pipeline_id
    assert build_of(changed(github_run(), {"repository.id": 78})).pipeline_id != renamed.pipeline_id


def test_every_attempt_is_its_own_build_and_an_absent_one_is_the_first() -> None:
    assert build_of(github_run(run_attempt=2)).id.endswith(".2")
    assert build_of(github_run(run_attempt=ABSENT)).id.endswith(".1")


@pytest.mark.parametrize("name", ["", None, ABSENT])
def test_a_workflow_without_a_name_is_known_by_its_file(name: Any) -> None:
    assert build_of(github_run(name=name)).pipeline == "ci.yml"
    assert build_of(github_run(name=name, path=".github/workflows/a.yml@refs/heads/x")).pipeline == "a.yml"
    assert build_of(github_run(name=name, path=ABSENT)).pipeline == "ci.yml"
    nameless = changed(github_run(name=name, path=None), {"workflow": None})
    assert build_of(nameless).pipeline == "workflow 4242"


def test_a_duration_is_never_below_zero() -> None:
    assert build_of(github_run(run_started_at="2026-11-23T11:06:00Z")).duration_ms == 0


def test_a_first_attempt_without_run_started_at_began_when_it_was_created() -> None:
    assert build_of(github_run(run_started_at=None)).duration_ms == 330_000
    rerun = build_of(github_run(run_started_at=None, run_attempt=2))
    assert (rerun.started_at, rerun.duration_ms) == (None, None)


def test_a_forks_main_is_not_our_main() -> None:
    fork = github_run(head_repository={"id": 99, "full_name": "mallory/shop"})
    assert build_of(fork).branch == "mallory:main"
    assert not build_of(fork).is_default(frozenset({"main"}))


@pytest.mark.parametrize(("head", "branch"), [(None, "unknown:main"), (ABSENT, "main")])
def test_a_deleted_fork_is_still_one(head: Any, branch: str) -> None:
    assert build_of(github_run(head_repository=head)).branch == branch


def test_a_forks_label_must_fit_too() -> None:
    fork = {"id": 99, "full_name": "mallory/shop"}
    with refused(422, "workflow_run.head_branch"):
        parsed("github", github(github_run(head_repository=fork, head_branch="b" * 512)))


def test_a_run_without_a_branch_is_on_an_unknown_one() -> None:
    assert build_of(github_run(head_branch=None)).branch == "unknown"


def test_the_title_is_the_commits_first_line_where_there_is_no_other() -> None:
    assert build_of(github_run(display_title=ABSENT)).title == "Speed up the checkout"
    assert build_of(github_run(display_title=None, head_commit=None)).title is None


def test_the_actor_is_who_caused_this_attempt() -> None:
    assert build_of(github_run(triggering_actor=None)).actor == "mona"
    assert build_of(github_run(triggering_actor=None, actor=None)).actor is None


def test_long_free_text_is_cut_and_odd_characters_become_plain() -> None:
    build = build_of(github_run(display_title="a\tb\ufffd" + "x" * 600))
    assert build.title == "a b?" + "x" * 508


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("workflow_run.name", "workflow_run.name"),
        ("workflow_run.head_branch", "workflow_run.head_branch"),
        ("repository.full_name", "repository.full_name"),
    ],
)
@pytest.mark.parametrize("name", ["n" * 513, "a\ufffdb", "a\x00b", "a\nb"])
def test_names_that_cannot_be_kept_whole_are_refused(path: str, field: str, name: str) -> None:
    with refused(422, field):
        parsed("github", github(changed(github_run(), {path: name})))


@pytest.mark.parametrize("event", ["ping", "push", "check_run", "no such event", "é"])
def test_other_events_are_no_builds(event: str) -> None:
    assert isinstance(parsed("github", github(github_run(), event)), Ignored)


def test_it_says_why_it_ignores_an_event_without_repeating_a_hostile_name() -> None:
    assert parsed("github", github({}, "ping")) == Ignored("ping events are no builds")
    assert parsed("github", github({}, "<script>")) == Ignored("this event is no build")


def test_a_later_word_outweighs_an_earlier_one_and_a_later_state_both() -> None:
    states: list[tuple[str, str | None, str]] = [
        ("requested", None, "11:00:00"),
        ("queued", None, "11:09:00"),
        ("in_progress", None, "11:01:00"),
        ("completed", "failure", "11:01:00"),
        ("completed", "success", "11:02:00"),
    ]
    versions = [
        sighted(
            "github",
            github(github_run(status=status, conclusion=word, updated_at=f"2026-11-23T{time}Z")),
        ).version
        for status, word, time in states
    ]
    assert versions == sorted(versions)
    assert len(set(versions)) == len(versions)


def test_a_form_with_the_payload_in_it_is_the_same_delivery() -> None:
    text = json.dumps(github_run(display_title="ä + b"))
    form = github(f"payload={quote_plus(text)}".encode(), content_type="application/x-www-form-urlencoded")
    assert parsed("github", form) == parsed("github", github(text.encode()))


@pytest.mark.parametrize("body", [b"", b"payload", b"load={}", b"payload={}&payload={}", b"payload=%zz"])
def test_a_form_without_one_readable_payload_is_refused(body: bytes) -> None:
    with refused(400, "body"):
        parsed("github", github(body, content_type="application/x-www-form-urlencoded; charset=utf-8"))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("workflow_run.id", "1", "must be a whole number"),
        ("workflow_run.id", True, "must be a whole number"),
        ("workflow_run.id", 0, "must be at least 1"),
        ("workflow_run.id", 10**15, "must be less than 1000000000000000"),
        ("workflow_run.workflow_id", ABSENT, "is required"),
        ("workflow_run", [], "must be an object"),
        ("repository.full_name", 7, "must be a string"),
        ("workflow_run.html_url", "javascript:alert(1)", "must be an http or https URL"),
        ("workflow_run.updated_at", "2026-11-24T12:00:01Z", "lies more than a day ahead"),
        ("workflow_run.updated_at", "1969-12-31T23:59:59Z", "is before 1970"),
        ("workflow_run.run_started_at", 1763895600, "must be an RFC 3339 time in a string"),
        ("workflow_run.run_started_at", "2020-01-01T00:00:00Z", "lies more than 400 days before updated_at"),
    ],
)
def test_it_names_the_field_and_what_to_do(path: str, value: Any, message: str) -> None:
    error = message_for("github", github(changed(github_run(), {path: value})))
    assert (error.field, error.message) == (path, message)


@pytest.mark.parametrize(
    "time", ["2026-11-23T11:00:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "x"]
)
def test_times_that_mean_nothing_are_refused(time: str) -> None:
    with refused(422, "workflow_run.updated_at"):
        parsed("github", github(github_run(updated_at=time)))
