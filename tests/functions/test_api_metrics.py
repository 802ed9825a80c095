"""Numbers over HTTP: that the right ones arrive, and what they cost."""

from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.api.numbers import PipelineMetrics, Summary, Timeseries
from pipeline_health.domain.build import Status
from pipeline_health.domain.times import DAY, HOUR
from tests.reading import NOW, a_build, count, ended, get, serve

S, F, C = Status.SUCCESS, Status.FAILURE, Status.CANCELLED
API: Any = {"pipeline_id": "github.1.3", "repo": "acme/api"}


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def summary(**asked: Any) -> dict[str, Any]:
    answer = get("/metrics/summary", **asked)
    assert answer.status == 200, answer.json
    Summary.model_validate(answer.json)
    said: dict[str, Any] = answer.json
    return said


def builds(**asked: Any) -> tuple[int, int]:
    """How many succeeded and failed."""
    counted = summary(**asked)["builds"]
    return counted["success"], counted["failure"]


def test_it_sums_up_a_window_and_compares_it_with_the_one_before(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(HOUR), ended(2 * HOUR, F), ended(3 * DAY), ended(4 * DAY, C), ended(9 * DAY, F))
    said = summary()
    bounds = ("7d", "2026-11-16T13:00:00Z", "2026-11-23T13:00:00Z")
    assert (said["window"], said["from"], said["to"]) == bounds
    assert said["builds"] == {"success": 2, "failure": 1, "cancelled": 1, "skipped": 0}
    assert (said["success_rate"], said["failure_rate"], said["cancelled_rate"]) == (66.67, 33.33, 25)
    assert said["avg_build_time"] == 60
    assert (said["trend"]["before"]["success_rate"], said["trend"]["change"]["success_rate"]) == (0, 66.67)
    assert said["trend"]["change"]["builds"] == {"success": 2, "failure": 0, "cancelled": 1, "skipped": 0}


def test_it_has_no_trend_where_nothing_completed_before(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(HOUR))
    assert summary()["trend"] is None


def test_it_says_nothing_of_a_window_without_builds() -> None:
    said = summary()
    assert (said["success_rate"], said["avg_build_time"], said["duration"]["p95"]) == (None, None, None)
    assert said["builds"] == {"success": 0, "failure": 0, "cancelled": 0, "skipped": 0}
    assert (said["last_status_by_pipeline"], said["broken_now"], said["trend"]) == ({}, 0, None)


def test_it_counts_from_the_first_instant_of_a_window_up_to_the_last(dynamodb: DynamoDBClient) -> None:
    start = NOW - NOW % HOUR + HOUR - DAY
    count(
        dynamodb,
        *(a_build(run=str(at), started_at=at - 1, completed_at=at) for at in (start - 1, start, NOW)),
    )
    said = summary(window="24h")
    assert (said["builds"]["success"], said["trend"]["before"]["builds"]["success"]) == (2, 1)


def test_it_narrows_the_numbers_to_a_repository_a_pipeline_or_a_branch(dynamodb: DynamoDBClient) -> None:
    ours = [ended(HOUR), ended(2 * HOUR, F, branch="dev")]
    theirs = [ended(HOUR, F, **API), ended(2 * HOUR, F, **API), ended(3 * HOUR, **API, branch="dev")]
    count(dynamodb, *ours, *theirs, ended(HOUR, pipeline_id="jenkins.9", pipeline="deploy", repo="acme/api"))
    assert builds() == (3, 3)
    assert builds(repo="acme/api") == (2, 2)
    assert builds(pipeline="github.1.3") == builds(pipeline="CI", repo="acme/api") == (1, 2)
    assert builds(pipeline="github.1.3", branch="dev") == (1, 0)
    assert builds(pipeline="deploy") == (1, 0)
    assert builds(branch="default") == (2, 2)
    assert (
        builds(branch="default", repo="acme/shop")
        == builds(branch="default", pipeline="github.1.2")
        == (1, 0)
    )
    assert builds(repo="acme/none") == builds(pipeline="none") == builds(pipeline="é" * 500) == (0, 0)
    assert builds(pipeline="github.1.3", repo="acme/shop") == (0, 0)


def test_it_knows_the_last_status_of_what_is_asked_about(dynamodb: DynamoDBClient) -> None:
    old = ended(100 * DAY, pipeline_id="jenkins.9", pipeline="nightly")
    running = a_build(run="9", status=Status.IN_PROGRESS, started_at=NOW, completed_at=None, branch="dev")
    count(dynamodb, ended(HOUR), running, ended(HOUR, F, **API), ended(2 * HOUR, **API, branch="dev"), old)
    last = "last_status_by_pipeline"
    assert summary()[last] == {"acme/shop/CI": "in_progress", "acme/api/CI": "failure"}
    assert summary(repo="acme/api")[last] == {"CI": "failure"}
    assert summary(branch="default")[last] == {"acme/shop/CI": "success", "acme/api/CI": "failure"}
    assert summary(pipeline="github.1.3", branch="dev")[last] == {"CI": "success"}
    assert summary(pipeline="github.1.3", branch="gone")[last] == {}


def test_it_tells_what_is_broken_now_and_for_how_long(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(3 * HOUR), ended(2 * HOUR, F), ended(HOUR, F), ended(DAY, F, branch="dev"))
    count(dynamodb, ended(4 * HOUR, F, **API), ended(3 * HOUR, **API))
    said = summary()
    recovery = {"episodes": 1, "mean": 3600, "median": pytest.approx(3600, rel=0.02)}
    assert said["recovery"] == {**recovery, "open": 2, "longest_open": 86_400}
    assert said["broken_now"] == 1
    default = summary(branch="default")
    assert (default["recovery"]["open"], default["recovery"]["longest_open"], default["broken_now"]) == (
        1,
        7200,
        1,
    )
    dev = summary(pipeline="github.1.2", branch="dev")
    assert (dev["recovery"]["open"], dev["broken_now"]) == (1, 1)


def test_it_cuts_a_window_into_days_and_hours_empty_ones_included(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(HOUR), ended(2 * HOUR, F, branch="dev"), ended(3 * DAY), ended(3 * DAY + HOUR))
    days = get("/metrics/timeseries", window="7d").json
    Timeseries.model_validate(days)
    assert [day["builds"]["success"] for day in days["buckets"]] == [0, 0, 0, 0, 2, 0, 0, 1]
    assert days["buckets"][1]["from"] == "2026-11-17T00:00:00Z"
    assert (days["from"], days["to"]) == (days["buckets"][0]["from"], days["buckets"][-1]["to"])
    hours = get("/metrics/timeseries", window="24h", bucket="hour", branch="default").json["buckets"]
    assert [hour["builds"]["success"] for hour in hours] == [0] * 22 + [1, 0]
    assert hours[0]["success_rate"] is None


def test_it_lists_the_same_figures_pipeline_by_pipeline(dynamodb: DynamoDBClient) -> None:
    more = [ended(HOUR, F, pipeline_id=f"github.1.{n}", pipeline=f"P{n}") for n in range(3, 7)]
    count(dynamodb, ended(HOUR), ended(2 * HOUR), *more)
    rows, cursor = list[dict[str, Any]](), dict[str, Any]()
    for _ in range(3):
        page = get("/metrics/pipelines", limit=2, **cursor).json
        PipelineMetrics.model_validate(page)
        rows, cursor = rows + page["pipelines"], {"cursor": page["next"]}
    assert cursor == {"cursor": None}
    assert [(row["name"], row["success_rate"]) for row in rows] == [
        ("CI", 100),
        ("P3", 0),
        ("P4", 0),
        ("P5", 0),
        ("P6", 0),
    ]
    one = summary(pipeline="github.1.2")
    assert {name: rows[0][name] for name in ("builds", "duration", "throughput")} == {
        name: one[name] for name in ("builds", "duration", "throughput")
    }


def test_it_lists_the_figures_of_default_branches_only(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(HOUR), ended(2 * HOUR, F, branch="dev"))
    (of_all,) = get("/metrics/pipelines").json["pipelines"]
    (of_default,) = get("/metrics/pipelines", branch="default").json["pipelines"]
    assert (of_all["success_rate"], of_default["success_rate"]) == (50, 100)
    assert get("/metrics/pipelines", branch="dev").status == 422


def test_it_sorts_the_rows_and_pages_through_any_order(dynamodb: DynamoDBClient) -> None:
    def other(number: int, ago: int, status: Status = S) -> Any:
        return ended(ago, status, pipeline_id=f"github.1.{number}", pipeline=f"P{9 - number}")

    count(dynamodb, other(3, 5 * HOUR, F), other(4, HOUR), other(5, 3 * HOUR, F), other(6, 2 * HOUR))
    orders = {
        "id": ["P6", "P5", "P4", "P3"],
        "name": ["P3", "P4", "P5", "P6"],
        "broken": ["P4", "P6", "P3", "P5"],
        "active": ["P5", "P3", "P4", "P6"],
    }
    for sort, order in orders.items():
        first = get("/metrics/pipelines", sort=sort, limit=3).json
        rest = get("/metrics/pipelines", sort=sort, limit=3, cursor=first["next"]).json
        assert [row["name"] for row in first["pipelines"] + rest["pipelines"]] == order
        assert rest["next"] is None
    assert get("/metrics/pipelines", sort="rate").status == 422


def test_it_sorts_the_rows_by_their_figures_with_those_without_one_last(dynamodb: DynamoDBClient) -> None:
    def some_builds(name: str, *outcomes: Status, seconds: int = 60) -> list[Any]:
        said = {"pipeline_id": f"github.1.{name}", "pipeline": name, "duration_ms": seconds * 1000}
        return [ended(n * HOUR, outcome, **said) for n, outcome in enumerate(outcomes, 1)]

    count(
        dynamodb,
        *some_builds("A", S, S, S, F),
        *some_builds("B", S, F, S, seconds=90),
        *some_builds("C", Status.CANCELLED),
        *some_builds("D", S, F, F, F, F, seconds=30),
        *some_builds("E", S, S, seconds=90),
    )
    orders = {
        "success_rate": "DBAEC",
        "builds": "DABEC",
        "duration": "BEADC",
        "recovery": "DABCE",
        "slower": "ABCDE",
    }
    for sort, order in orders.items():
        first = get("/metrics/pipelines", sort=sort, limit=2).json
        rest = get("/metrics/pipelines", sort=sort, cursor=first["next"]).json
        assert "".join(row["name"] for row in first["pipelines"] + rest["pipelines"]) == order, sort
        assert rest["next"] is None


def test_it_puts_the_flaky_first(dynamodb: DynamoDBClient) -> None:
    def flaky(name: str, *days_ago: float) -> list[Any]:
        said: Any = {"pipeline_id": f"github.1.{name}", "pipeline": name}
        return [
            ended(int(ago * DAY) + n, status, commit=f"c{ago}", run=f"{n}-{int(ago * 24)}", **said)
            for ago in days_ago
            for n, status in enumerate([S, F])
        ]

    count(dynamodb, *flaky("A"), *flaky("B", 1), *flaky("C", 1, 2), *flaky("D", 6, 8, 10), ended(HOUR))
    rows = get("/metrics/pipelines", sort="flaky").json["pipelines"]
    assert [(row["name"], row["flaky"]["flagged"], row["flaky"]["flaky"]) for row in rows] == [
        ("D", True, 1),
        ("C", False, 2),
        ("B", False, 1),
        ("CI", False, 0),
    ]


def test_it_puts_what_became_slower_first(dynamodb: DynamoDBClient) -> None:
    def weeks(name: str, now: int, before: int) -> list[Any]:
        said: Any = {"pipeline_id": f"github.1.{name}", "pipeline": name}
        return [
            ended(week * 7 * DAY + n * HOUR, duration_ms=seconds * 1000, **said)
            for week, seconds in enumerate([now, before])
            for n in range(1, 21)
        ]

    for some_builds in (weeks("A", 60, 60), weeks("B", 200, 100), weeks("C", 900, 100), weeks("D", 30, 90)):
        count(dynamodb, *some_builds)
    count(dynamodb, ended(HOUR))
    rows = get("/metrics/pipelines", sort="slower").json["pipelines"]
    assert [(row["name"], row["slower"]) for row in rows] == [
        ("C", True),
        ("B", True),
        ("A", False),
        ("D", False),
        ("CI", None),
    ]


def test_a_row_says_how_its_pipeline_stands(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(3 * HOUR), ended(2 * HOUR, F), ended(HOUR, F))
    (row,) = get("/metrics/pipelines").json["pipelines"]
    assert row["streak"] == {"status": "failure", "builds": 2}
    assert (row["broken_since"], row["slower"]) == ("2026-11-23T10:20:34.567Z", None)


def test_it_tells_how_many_of_the_broken_broke_in_the_window(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(2 * DAY, F), ended(HOUR, F), ended(HOUR, F, **API))
    said = [summary(window=window) for window in ("24h", "7d")]
    assert [(each["broken_now"], each["broken_in_window"]) for each in said] == [(2, 1), (2, 2)]


def test_each_figure_names_the_place_of_its_definition(dynamodb: DynamoDBClient) -> None:
    said = summary()
    assert said["definitions"].keys() >= {"success_rate", "duration", "recovery", "broken_now", "trend"}
    for name, link in said["definitions"].items():
        path, _, pointer = link.partition("#/")
        place = get(path).json
        for part in pointer.split("/"):
            place = place[part]
        assert name in said
        assert place.get("description") or "$ref" in place
