"""A run of GitHub's API is the same build as its webhook's, and weighs less."""

import pytest

from pipeline_health.domain.build import Sighting
from pipeline_health.domain.times import HOUR, parse_instant
from pipeline_health.providers.github_api import ended_with, is_end_doubtful, sighting
from tests.github_server import listed_run
from tests.ingesting import NOW, built, github, github_run, refused, sighted

REPOSITORY = {"id": 77, "full_name": "acme/shop", "default_branch": "main"}


def listed(**run: object) -> Sighting:
    return sighting(listed_run(**run), REPOSITORY, NOW)


@pytest.mark.parametrize(
    "run",
    [
        {},
        {"status": "in_progress", "conclusion": None},
        {"conclusion": "timed_out", "run_attempt": 3},
        {"head_branch": "main", "head_repository": {"id": 78, "full_name": "fork/shop"}},
        {"name": None},
    ],
)
def test_it_makes_the_build_that_the_webhook_makes(run: dict[str, object]) -> None:
    assert listed(**run).build == built("github", github(github_run(**run)))


def test_it_yields_to_a_webhook_of_the_same_state_and_beats_one_of_an_earlier_state() -> None:
    later = "2026-11-23T11:50:00Z"
    done, running = github_run(), github_run(status="in_progress", conclusion=None)
    assert listed(updated_at=later).version < sighted("github", github(done)).version
    assert listed().version > sighted("github", github(running)).version


def test_it_weighs_alike_whatever_stands_around_the_build() -> None:
    assert listed().version == listed(pull_requests=[{"id": 1}], url="https://elsewhere").version
    assert listed().version != listed(conclusion="failure").version


def test_it_refuses_a_run_that_makes_no_build() -> None:
    with refused(422, "workflow_run.id"):
        listed(id="x")


def test_it_doubts_an_end_that_is_further_away_than_a_job_may_run() -> None:
    assert not is_end_doubtful(listed().build)
    assert is_end_doubtful(listed(created_at="2026-11-20T11:00:00Z", run_started_at=None).build)
    years_ago = listed(created_at="2022-01-01T00:00:00Z", run_started_at="2022-01-01T00:00:00Z")
    assert is_end_doubtful(years_ago.build)


def test_it_takes_the_end_of_the_last_job() -> None:
    doubtful = listed(run_started_at="2026-11-22T11:00:10Z")
    jobs = [
        {"id": 1, "completed_at": "2026-11-22T11:04:00Z"},
        {"id": 2, "completed_at": "2026-11-22T11:05:10Z"},
        {"id": 3, "completed_at": None},
    ]
    ended = ended_with(doubtful, jobs, NOW)
    assert ended.build.completed_at == parse_instant("2026-11-22T11:05:10Z")
    assert ended.build.duration_ms == 300_000
    assert ended.version < doubtful.version


def test_it_knows_no_duration_where_nothing_ran() -> None:
    doubtful = listed(run_started_at="2026-11-22T11:00:10Z", conclusion="startup_failure")
    ended = ended_with(doubtful, [], NOW)
    assert ended.build.completed_at == parse_instant("2026-11-22T11:00:10Z")
    assert ended.build.duration_ms is None


def test_it_takes_no_job_for_ended_before_the_run_began() -> None:
    ended = ended_with(listed(), [{"completed_at": "2026-11-23T10:00:00Z"}], NOW)
    assert ended.build.duration_ms == 0
    assert ended.build.completed_at == NOW - 2 * HOUR
