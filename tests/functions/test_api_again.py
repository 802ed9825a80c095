"""An answer again, by a process that remembers: the same while nothing changed, and a new process's."""

import random
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import reading_tables
from pipeline_health.domain import figures
from pipeline_health.domain.build import Status
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.domain.window import Window
from pipeline_health.flows import job_metrics, metrics
from tests.functions.test_api_jobs import a_job, failed, tell
from tests.reading import NOW, a_build, count, ended, get, serve

PIPELINE = "github.1.2"
SERIES = "/metrics/timeseries"
QUESTIONS = [
    ("/metrics/summary", "window=24h"),
    ("/metrics/summary", "window=7d&branch=default"),
    (SERIES, "window=50h&bucket=hour"),
    (SERIES, "window=7d"),
    (SERIES, f"window=7d&pipeline={PIPELINE}"),
    (SERIES, f"window=50h&bucket=hour&pipeline={PIPELINE}&branch=dev"),
    ("/metrics/jobs", f"window=7d&pipeline={PIPELINE}"),
]


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The hours of every window whose figures are made."""
    hours: list[int] = []

    def noted(counters: Any, length: int) -> figures.Figures:
        hours.append(length)
        return figures.figures(counters, length)

    monkeypatch.setattr(metrics, "figures", noted)
    return hours


def test_whatever_happened_in_between_it_is_what_a_new_process_says(dynamodb: DynamoDBClient) -> None:
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    for number in range(1, 9):
        ago, status = chance.randrange(9 * DAY), chance.choice([Status.SUCCESS, Status.FAILURE])
        branch, pipeline_id = chance.choice(["main", "dev"]), chance.choice([PIPELINE, "github.1.3"])
        count(dynamodb, ended(ago, status, run=str(number), branch=branch, pipeline_id=pipeline_id))
        passed = status is Status.SUCCESS
        tell(dynamodb, a_job(number, ago=ago) if passed else failed(number, "Run pytest", ago=ago))
        warm, again = answers(), answers()
        reading_tables.forget()
        assert warm == again == answers(), f"seed {seed}"


def answers() -> list[bytes]:
    return [get(path, query).content for path, query in QUESTIONS]


@pytest.mark.parametrize(("path", "query"), QUESTIONS)
def test_one_more_build_or_job_is_seen_at_once(dynamodb: DynamoDBClient, path: str, query: str) -> None:
    count(dynamodb, ended(HOUR), ended(2 * HOUR, branch="dev"))
    tell(dynamodb, a_job(1))
    before = get(path, query).json
    for branch in ("main", "dev"):
        count(dynamodb, ended(HOUR, Status.FAILURE, run=branch, branch=branch))
    tell(dynamodb, failed(2, "Run pytest"))
    assert get(path, query).json != before


@pytest.mark.parametrize(("bucket", "length"), [("hour", 1), ("day", 24)])
def test_only_the_bucket_that_changed_is_made_anew(
    dynamodb: DynamoDBClient, made: list[int], bucket: str, length: int
) -> None:
    count(dynamodb, *(ended(day * DAY) for day in range(1, 6)))
    for more, expected in ((None, 5), (None, 0), (ended(2 * DAY, run="new"), 1), (None, 0)):
        made.clear()
        count(dynamodb, *([more] if more else []))
        get(SERIES, window="7d", bucket=bucket)
        assert made == [length] * expected


def test_who_asks_about_one_part_forgets_no_other(dynamodb: DynamoDBClient, made: list[int]) -> None:
    count(dynamodb, ended(HOUR), ended(HOUR, run="2", pipeline_id="github.1.3"))
    for expected in (3, 0):
        made.clear()
        for part in ("", "&branch=default", f"&pipeline={PIPELINE}"):
            get(SERIES, f"window=7d{part}")
        assert len(made) == expected


def test_a_summary_again_makes_nothing_and_a_window_that_moved_on_is_another(
    dynamodb: DynamoDBClient, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    count(dynamodb, ended(HOUR), ended(8 * DAY))
    for later, expected in ((0, 2), (0, 0), (HOUR, 2), (HOUR, 0)):
        made.clear()
        monkeypatch.setattr(reading_tables, "now", lambda later=later: NOW + later)
        get("/metrics/summary", window="7d")
        assert len(made) == expected


def test_jobs_again_are_not_added_up_again(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    count(dynamodb, a_build())
    tell(dynamodb, a_job(1), failed(2, "Run pytest"))
    by_failures = get("/metrics/jobs", pipeline=PIPELINE).json
    monkeypatch.delattr(job_metrics, "_rows")
    assert get("/metrics/jobs", pipeline=PIPELINE).json == by_failures
    assert get("/metrics/jobs", pipeline=PIPELINE, sort="queue", limit=1).json["all_jobs"] == 1


def test_an_hour_without_builds_takes_no_room(dynamodb: DynamoDBClient) -> None:
    get(SERIES, window="7d", bucket="hour")
    assert reading_tables.metrics().kept.size == 0
    assert Window.parse("7d", NOW).hours == len(get(SERIES, window="7d", bucket="hour").json["buckets"])
