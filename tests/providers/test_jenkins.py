"""What the Notification plugin's phases say of a build."""

from typing import Any

import pytest

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.times import parse_instant
from pipeline_health.providers.delivery import Ignored
from tests.ingesting import (
    ABSENT,
    NOW,
    built,
    changed,
    jenkins,
    jenkins_build,
    message_for,
    parsed,
    refused,
    sighted,
)

STARTED = parse_instant("2026-11-23T11:00:10Z")
ENDED = parse_instant("2026-11-23T11:05:30Z")


def build_of(**build: Any) -> Build:
    return built("jenkins", jenkins(jenkins_build(**build)))


def phase(name: str, timestamp: Any, **build: Any) -> Build:
    return build_of(phase=name, timestamp=timestamp, **build)


def test_it_reads_a_completed_build() -> None:
    build = build_of()
    assert build.model_dump(exclude={"pipeline_id", "run"}, exclude_none=True) == {
        "provider": "jenkins",
        "attempt": 1,
        "repo": "acme/shop",
        "pipeline": "shop",
        "branch": "main",
        "commit": "3f786850e387550fdab836ed7e6dc881de23001b",
        "number": 18,
        "status": Status.SUCCESS,
        "conclusion": "SUCCESS",
        "started_at": STARTED,
        "completed_at": ENDED,
        "duration_ms": 320_000,
        "url": "https://ci.example.com/job/shop/18/",
        "created_at": 0,
        "updated_at": 0,
    }


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("SUCCESS", Status.SUCCESS),
        ("FAILURE", Status.FAILURE),
        ("UNSTABLE", Status.FAILURE),
        ("ABORTED", Status.CANCELLED),
        ("NOT_BUILT", Status.SKIPPED),
        ("ODD", Status.SKIPPED),
    ],
)
def test_it_sorts_results_and_keeps_their_word(word: str, status: Status) -> None:
    build = build_of(status=word)
    assert (build.status, build.conclusion) == (status, word)


def test_every_phase_is_the_same_build() -> None:
    ids = {phase(name, ENDED).id for name in ("QUEUED", "STARTED", "COMPLETED", "FINALIZED")}
    assert len(ids) == 1


def test_queued_tells_when_it_was_queued_and_that_this_is_added_to_what_is_stored() -> None:
    sighting = sighted("jenkins", jenkins(jenkins_build(phase="QUEUED", timestamp=STARTED - 5000)))
    assert sighting.adds_queued_at
    assert (sighting.build.status, sighting.build.queued_at) == (Status.QUEUED, STARTED - 5000)


def test_queued_without_a_time_adds_nothing() -> None:
    assert not sighted("jenkins", jenkins(jenkins_build(phase="QUEUED", timestamp=0))).adds_queued_at


def test_started_tells_when_it_started() -> None:
    build = phase("STARTED", STARTED, status=None, duration=0)
    assert (build.status, build.started_at, build.completed_at) == (Status.IN_PROGRESS, STARTED, None)
    assert build.conclusion is None


def test_finalized_weighs_less_than_completed_although_it_comes_later() -> None:
    versions = [
        sighted("jenkins", jenkins(jenkins_build(phase=name, timestamp=time))).version
        for name, time in [
            ("QUEUED", ENDED + 1),
            ("STARTED", STARTED),
            ("FINALIZED", ENDED + 9000),
            ("COMPLETED", ENDED),
        ]
    ]
    assert versions == sorted(versions)


def test_finalized_alone_still_ends_the_build() -> None:
    build = phase("FINALIZED", ENDED + 900)
    assert (build.status, build.completed_at, build.duration_ms) == (Status.SUCCESS, ENDED + 900, 320_000)


@pytest.mark.parametrize("duration", [0, None, ABSENT])
def test_a_duration_of_0_is_absent_and_then_completed_carries_the_start(duration: Any) -> None:
    build = phase("COMPLETED", STARTED, duration=duration)
    assert (build.started_at, build.completed_at, build.duration_ms) == (STARTED, STARTED, None)
    assert phase("FINALIZED", ENDED, duration=duration).started_at is None


def test_a_duration_below_zero_is_zero() -> None:
    assert build_of(duration=-7).duration_ms == 0


@pytest.mark.parametrize("timestamp", [0, None, ABSENT])
def test_an_old_plugin_without_times_means_the_first_receipt(timestamp: Any) -> None:
    first = sighted("jenkins", jenkins(jenkins_build(timestamp=timestamp, duration=ABSENT)))
    again = sighted("jenkins", jenkins(jenkins_build(timestamp=timestamp, duration=ABSENT), NOW + 5000))
    finalized = jenkins_build(timestamp=timestamp, duration=ABSENT, phase="FINALIZED")
    assert (first.build.started_at, first.build.completed_at) == (None, NOW)
    assert first.version == again.version == sighted("jenkins", jenkins(finalized, NOW + 9000)).version


def test_an_old_plugin_that_tells_the_duration_tells_the_start() -> None:
    assert phase("COMPLETED", ABSENT).started_at == NOW - 320_000


def test_scm_may_come_late_and_never_decides_which_build_it_is() -> None:
    early = build_of(scm=ABSENT)
    assert early.id == build_of().id
    assert (early.repo, early.branch, early.default_branch) == ("ci.example.com", "unknown", "unknown")
    assert (build_of().branch, build_of().default_branch) == ("main", None)
    assert build_of(scm={}).branch == "unknown"


@pytest.mark.parametrize(
    ("given", "branch"),
    [("origin/main", "main"), ("refs/heads/a/b", "a/b"), ("refs/remotes/origin/x", "x"), ("main", "main")],
)
def test_it_strips_what_git_puts_before_a_branch(given: str, branch: str) -> None:
    assert build_of(scm={"branch": given}).branch == branch


@pytest.mark.parametrize(
    ("url", "repo"),
    [
        ("https://github.com/acme/shop.git", "acme/shop"),
        ("https://user:pass@github.com/acme/shop/", "acme/shop"),
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("ssh://git@git.example.com:7999/acme/shop.git", "acme/shop"),
        ("https://gitlab.com/acme/team/shop", "acme/team/shop"),
        ("https://bitbucket.example.com/scm/acme/shop.git", "acme/shop"),
        ("/srv/git/shop", "ci.example.com"),
        ("", "ci.example.com"),
        (None, "ci.example.com"),
    ],
)
def test_it_finds_the_repository_in_any_clone_address(url: str | None, repo: str) -> None:
    assert build_of(scm={"url": url}).repo == repo


def test_it_keeps_the_end_of_the_log() -> None:
    assert build_of(log="x" * 9000 + "the end").logs == "x" * 8185 + "the end"
    assert build_of(log="").logs is None


def test_a_phase_that_says_nothing_of_the_state_is_ignored() -> None:
    assert isinstance(parsed("jenkins", jenkins(jenkins_build(phase="NONE"))), Ignored)


@pytest.mark.parametrize("missing", ["phase", "full_url"])
def test_without_its_phase_or_address_it_is_refused(missing: str) -> None:
    with refused(422, f"build.{missing}"):
        parsed("jenkins", jenkins(jenkins_build(**{missing: ABSENT})))


@pytest.mark.parametrize("ended", ["COMPLETED", "FINALIZED"])
def test_an_end_without_a_result_is_refused(ended: str) -> None:
    with refused(422, "build.status"):
        parsed("jenkins", jenkins(jenkins_build(phase=ended, status=None)))


def test_another_plugins_body_is_refused_with_what_to_send() -> None:
    error = message_for("jenkins", jenkins({"buildName": "#16", "event": "success"}))
    assert error.field == "build"
    assert "Notification plugin" in error.message


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("build", "x", "must be an object"),
        ("build.number", "18", "must be a whole number"),
        ("build.timestamp", -1, "must be at least 0"),
        ("build.timestamp", 1.5, "must be a whole number"),
        ("build.timestamp", NOW + 86_400_001, "lies more than a day ahead"),
        ("build.timestamp", 10**30, "lies more than a day ahead"),
        ("build.duration", 10**30, "must be at most 34560000000"),
        ("build.full_url", "javascript:alert(1)", "must be an http or https URL"),
        ("build.scm", [], "must be an object"),
        ("build.scm.branch", "b" * 513, "must be at most 512 characters"),
        ("build.scm.url", "a\x00b", "has control characters"),
        ("build.scm.url", "http://[", "must be the address of a repository"),
        ("build.scm.commit", "\ufffd", "has bytes that are not UTF-8"),
    ],
)
def test_it_names_the_field_and_what_to_do(field: str, value: Any, message: str) -> None:
    error = message_for("jenkins", jenkins(changed(jenkins_build(), {field: value})))
    assert (error.field, error.message) == (field, message)


def test_a_start_before_1970_is_refused() -> None:
    with refused(422, "build.duration"):
        parsed("jenkins", jenkins(jenkins_build(timestamp=1000, duration=1001)))
