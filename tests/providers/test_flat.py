"""The original flat body, at both addresses."""

from typing import Any

import pytest

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.times import DAY, format_instant, parse_instant
from pipeline_health.providers.delivery import Delivery
from tests.ingesting import (
    ABSENT,
    NOW,
    Document,
    built,
    flat_body,
    github,
    jenkins,
    message_for,
    parsed,
    refused,
)

PROVIDERS = ["github", "jenkins"]
STARTED = parse_instant("2026-11-23T11:00:00Z")


def delivered(provider: str, body: Document) -> Delivery:
    return github(body, event=None) if provider == "github" else jenkins(body)


def build_of(provider: str = "github", **fields: Any) -> Build:
    return built(provider, delivered(provider, flat_body(**fields)))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_reads_a_finished_build(provider: str) -> None:
    build = build_of(provider)
    assert build.model_dump(exclude={"pipeline_id", "run"}, exclude_none=True) == {
        "provider": provider,
        "attempt": 1,
        "repo": "acme/shop",
        "pipeline": "nightly",
        "branch": "main",
        "status": Status.FAILURE,
        "started_at": STARTED,
        "completed_at": STARTED + 300_000,
        "duration_ms": 300_000,
        "url": "https://ci.example.com/nightly/7",
        "logs": "it broke",
        "created_at": 0,
        "updated_at": 0,
    }
    assert build.pipeline_id.startswith(f"{provider}.flat-")


@pytest.mark.parametrize("status", list(Status))
def test_it_takes_every_status_of_the_contract(status: Status) -> None:
    completed_at = "2026-11-23T11:05:00Z" if status.completed else None
    assert build_of(status=status.value, completed_at=completed_at).status is status


def test_its_identity_is_its_url_with_its_start() -> None:
    assert build_of().id == build_of(status="success", branch="other", logs=None).id
    assert build_of().id != build_of(started_at="2026-11-23T10:59:59Z").id
    assert build_of().id != build_of(url="https://ci.example.com/nightly/8").id


def test_without_a_url_its_identity_is_what_it_built_with_its_start() -> None:
    assert build_of(url=ABSENT).id == build_of(url=None, status="success").id
    assert build_of(url=ABSENT).id != build_of(url=ABSENT, branch="other").id
    assert build_of(url=ABSENT).id != build_of(url=ABSENT, repo="acme/other").id


def test_the_same_instant_in_another_offset_is_the_same_build() -> None:
    assert build_of(started_at="2026-11-23T12:00:00+01:00").id == build_of().id


def test_a_duration_beats_the_times() -> None:
    build = build_of(duration_seconds=12.5)
    assert (build.duration_ms, build.completed_at) == (12_500, STARTED + 300_000)


def test_a_duration_makes_up_for_a_missing_end() -> None:
    assert build_of(completed_at=ABSENT, duration_seconds=90).completed_at == STARTED + 90_000


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_a_build_under_way_has_no_duration(status: str) -> None:
    build = build_of(status=status, completed_at=None, duration_seconds=0)
    assert (build.completed_at, build.duration_ms) == (None, None)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"pipeline": ABSENT}, "pipeline", "is required"),
        ({"pipeline": ""}, "pipeline", "must not be empty"),
        ({"repo": "r" * 513}, "repo", "must be at most 512 characters"),
        ({"branch": "\ufffd"}, "branch", "has bytes that are not UTF-8"),
        ({"branch": 7}, "branch", "must be a string"),
        ({"status": "green"}, "status", None),
        ({"status": 1}, "status", None),
        ({"started_at": ABSENT}, "started_at", "is required"),
        ({"started_at": "2026-11-23T11:00:00"}, "started_at", None),
        ({"started_at": "2026-11-25T11:00:00Z"}, "started_at", "lies more than a day ahead"),
        ({"completed_at": "2026-11-23T10:59:59Z"}, "completed_at", "is before started_at"),
        ({"completed_at": "2028-01-01T00:00:00Z"}, "completed_at", "lies more than a day ahead"),
        ({"started_at": "2020-01-01T00:00:00Z"}, "completed_at", "lies more than 400 days after started_at"),
        ({"completed_at": None}, "completed_at", "or duration_seconds is required of a build that has ended"),
        ({"status": "queued"}, "completed_at", "must not be given while the status is queued"),
        ({"duration_seconds": -0.5}, "duration_seconds", "must be at least 0.0"),
        ({"duration_seconds": True}, "duration_seconds", "must be a number"),
        ({"duration_seconds": 1e300}, "duration_seconds", "must be at most 34560000.0"),
        ({"url": "javascript:alert(1)"}, "url", "must be an http or https URL"),
        ({"url": "https://x/" + "a" * 2040}, "url", "must be at most 2048 characters"),
        ({"logs": ["x"]}, "logs", "must be a string"),
    ],
)
def test_it_names_the_field_and_what_to_do(
    provider: str, fields: Document, field: str, message: str | None
) -> None:
    error = message_for(provider, delivered(provider, flat_body(**fields)))
    assert error.field == field
    assert message in (None, error.message)


def test_an_end_that_a_duration_puts_more_than_a_day_ahead_is_refused() -> None:
    body = flat_body(started_at=format_instant(NOW), completed_at=None, duration_seconds=DAY / 1000 + 1)
    with refused(422, "duration_seconds"):
        parsed("github", delivered("github", body))


def test_it_names_every_missing_field_at_once() -> None:
    with refused(422, "pipeline", "repo", "branch", "status", "started_at"):
        parsed("github", delivered("github", {}))
