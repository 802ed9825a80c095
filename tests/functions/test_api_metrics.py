"""Numbers over HTTP: what they are is the domain's; here, that the right ones arrive, and what they cost."""

from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.api.numbers import Summary
from pipeline_health.domain.build import Status
from pipeline_health.domain.times import DAY, HOUR
from tests.reading import NOW, a_build, count, get, serve

S, F = Status.SUCCESS, Status.FAILURE


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def ended(ago: int, status: Status = S, **said: Any) -> Any:
    at = NOW - ago
    facts = {"run": str(ago), "status": status, "started_at": at - 60_000, "completed_at": at}
    return a_build(**{**facts, **said})


def test_it_sums_up_a_window_and_compares_it_with_the_one_before(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(HOUR), ended(2 * HOUR, F), ended(3 * DAY), ended(9 * DAY, F))
    answer = get("/metrics/summary").json
    Summary.model_validate(answer)
    assert (answer["window"], answer["from"], answer["to"]) == (
        "7d",
        "2026-11-16T13:00:00Z",
        "2026-11-23T13:00:00Z",
    )
    assert answer["builds"] == {"success": 2, "failure": 1, "cancelled": 0, "skipped": 0}
    assert (answer["success_rate"], answer["failure_rate"]) == (66.67, 33.33)
    assert answer["trend"]["before"]["success_rate"] == 0
    assert answer["trend"]["change"]["success_rate"] == 66.67
    assert answer["last_status_by_pipeline"] == {"CI": "success"}


def test_it_has_no_trend_where_nothing_completed_before(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(HOUR))
    assert get("/metrics/summary").json["trend"] is None
