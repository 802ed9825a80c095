"""GitHub's workflow_job webhooks: what each says of a job, and what it does not."""

from typing import Any

import pytest

from pipeline_health.domain.build import Status
from pipeline_health.domain.jobs import Job
from pipeline_health.domain.times import parse_instant
from tests.ingesting import ABSENT, changed, github, github_job, job_sighted, parsed, refused, steps

CREATED, STARTED, ENDED = (
    parse_instant(f"2026-11-23T11:{time}Z") for time in ("00:12", "00:25", "05:25")
)  # of ingesting's job
NO_MACHINE: dict[str, Any] = {"steps": [], "runner_id": None, "runner_name": None}


def job(**fields: Any) -> Job:
    return job_sighted(**fields).job


def failing_step(*conclusions: str | None, conclusion: str = "failure") -> tuple[int, str, str] | None:
    step = job(conclusion=conclusion, steps=steps(*conclusions)).failing_step
    return (step.number, step.name, step.conclusion) if step else None


def test_it_reads_a_job_of_an_attempt_of_a_run() -> None:
    assert job(run_attempt=2) == Job(
        run_id="github.77.9876543210",
        attempt=2,
        id=555,
        name="test (3.13)",
        status=Status.SUCCESS,
        conclusion="success",
        created_at=CREATED,
        started_at=STARTED,
        completed_at=ENDED,
        url="https://github.com/acme/shop/actions/runs/9876543210/job/555",
    )
    assert (job().queue_ms, job().duration_ms) == (13_000, 300_000)


def test_without_an_attempt_it_is_the_first_and_without_a_name_it_is_called_by_its_id() -> None:
    nameless = job(run_attempt=ABSENT, name="")
    assert (nameless.attempt, nameless.name) == (1, "job 555")


@pytest.mark.parametrize("status", ["queued", "waiting", "pending", "requested"])
def test_a_job_that_waits_has_not_started_whatever_its_started_at_says(status: str) -> None:
    waiting = job(status=status, conclusion=None, completed_at=None, **NO_MACHINE)
    assert (waiting.status, waiting.started_at, waiting.queue_ms) == (Status.QUEUED, None, None)


def test_a_job_in_progress_has_started_before_its_first_step_has() -> None:
    running = job(status="in_progress", conclusion=None, completed_at=None, **NO_MACHINE)
    assert (running.status, running.started_at) == (Status.IN_PROGRESS, STARTED)


def test_a_skipped_job_never_started() -> None:
    assert job(conclusion="skipped").started_at is None


@pytest.mark.parametrize("conclusion", ["cancelled", "failure"])
def test_a_job_that_ended_while_it_waited_never_started(conclusion: str) -> None:
    """GitHub then says that it started when it ended."""
    ended = job(conclusion=conclusion, started_at="2026-11-23T11:05:25Z", **NO_MACHINE)
    assert (ended.started_at, ended.duration_ms) == (None, None)


@pytest.mark.parametrize("ran", [{"steps": []}, {"runner_id": 0}])
def test_a_job_that_was_cancelled_while_it_ran_started(ran: dict[str, Any]) -> None:
    assert job(conclusion="cancelled", **ran).started_at == STARTED


@pytest.mark.parametrize(
    ("conclusion", "status"),
    [
        ("success", Status.SUCCESS),
        ("timed_out", Status.FAILURE),
        ("cancelled", Status.CANCELLED),
        ("neutral", Status.SKIPPED),
        ("some new word", Status.SKIPPED),
    ],
)
def test_it_ends_in_the_words_for_builds_and_keeps_githubs_own(conclusion: str, status: Status) -> None:
    ended = job(conclusion=conclusion)
    assert (ended.status, ended.conclusion) == (status, conclusion)


def test_it_fails_at_the_first_step_that_failed() -> None:
    assert failing_step("success", "failure", "failure", "success") == (2, "Step 2", "failure")
    assert failing_step("success", "skipped", "cancelled", "failure") == (4, "Step 4", "failure")


def test_where_it_ran_out_of_time_it_fails_at_the_step_that_was_cut_off() -> None:
    assert failing_step("success", "cancelled", "skipped", conclusion="timed_out") == (
        2,
        "Step 2",
        "cancelled",
    )


def test_a_job_that_failed_at_no_step_has_no_failing_step() -> None:
    assert failing_step("success", None) is None
    assert job(conclusion="failure", steps=None).failing_step is None


@pytest.mark.parametrize("conclusion", ["success", "cancelled"])
def test_a_job_that_did_not_fail_has_no_failing_step(conclusion: str) -> None:
    assert failing_step("failure", conclusion=conclusion) is None


def test_a_long_name_of_a_step_is_cut_and_kept_on_one_line() -> None:
    named = [{"name": "x\n" * 600, "number": 3, "conclusion": "failure"}]
    step = job(conclusion="failure", steps=named).failing_step
    assert step
    assert len(step.name) <= 512
    assert "\n" not in step.name


def test_a_later_state_outweighs_an_earlier_one() -> None:
    said = [
        job_sighted(status=status, conclusion=word, completed_at=ended, started_at=f"2026-11-23T11:0{n}:00Z")
        for n, (status, word, ended) in enumerate(
            [
                ("in_progress", None, None),
                ("completed", "failure", "2026-11-23T11:01:00Z"),
                ("completed", "success", "2026-11-23T11:02:00Z"),
            ]
        )
    ]
    queued = job_sighted(
        status="queued", conclusion=None, completed_at=None, started_at="2026-11-23T11:09:00Z"
    )
    versions = [each.version for each in (queued, *said)]
    assert versions == sorted(versions)


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", 0), ("run_id", "1"), ("status", "done"), ("conclusion", None), ("completed_at", None)],
)
def test_what_it_cannot_do_without_is_asked_for(field: str, value: Any) -> None:
    with refused(422, f"workflow_job.{field}"):
        job_sighted(**{field: value})


def test_it_says_when_its_repository_is_missing() -> None:
    with refused(422, "repository.id"):
        parsed("github", github(changed(github_job(), {"repository.id": ABSENT}), "workflow_job"))
