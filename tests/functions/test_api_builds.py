"""Builds over HTTP: the list in pages, the latest one, one by its id."""

from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.api import answers
from pipeline_health.api.answers import Builds, BuildWithLogs
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.times import DAY
from tests.reading import NOW, a_build, count, get, serve, store


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def some(count: int, **said: object) -> list[Build]:
    """The newest first."""
    return [a_build(**{"run": str(n), "started_at": NOW - n * DAY, **said}) for n in range(1, count + 1)]


def ids(builds: list[Build]) -> list[str]:
    return [build.id for build in builds]


def listed(**asked: Any) -> list[str]:
    return [build["id"] for build in get("/builds", **asked).json["builds"]]


def test_it_lists_builds_newest_started_first_over_the_half_years(dynamodb: DynamoDBClient) -> None:
    builds = some(70)
    store(dynamodb, *reversed(builds))
    answer = get("/builds", limit=500)
    assert answer.status == 200
    assert Builds.model_validate(answer.json).next is None
    assert [build["id"] for build in answer.json["builds"]] == ids(builds)


def test_few_builds_cost_four_requests_however_old_they_are(dynamodb: DynamoDBClient) -> None:
    builds = [a_build(run=str(days), started_at=NOW - days * DAY) for days in (1, 200, 390)]
    store(dynamodb, *builds)
    asked: list[str] = []
    reading_client().meta.events.register("after-call.dynamodb", lambda model, **_: asked.append(model.name))
    assert listed() == ids(builds)
    assert len(asked) <= 4


def test_it_lists_nothing_where_there_is_nothing() -> None:
    assert get("/builds").json == {"builds": [], "next": None}


def test_it_goes_on_where_the_page_before_ended(dynamodb: DynamoDBClient) -> None:
    builds = some(7)
    store(dynamodb, *builds)
    first = get("/builds", limit=3).json
    second = get("/builds", limit=3, cursor=first["next"]).json
    third = get("/builds", limit=3, cursor=second["next"]).json
    pages = [[build["id"] for build in page["builds"]] for page in (first, second, third)]
    assert pages == [ids(builds[:3]), ids(builds[3:6]), ids(builds[6:])]
    assert third["next"] is None


def test_it_shows_every_field_of_a_build_and_its_log_only_alone(dynamodb: DynamoDBClient) -> None:
    build = a_build(queued_at=NOW - 90_000, number=128, logs="2 != 3", url="https://example.com/1")
    store(dynamodb, build)
    (in_list,) = get("/builds").json["builds"]
    alone = get(f"/builds/{build.id}").json
    assert BuildWithLogs.model_validate(alone).logs == "2 != 3"
    assert answers.Build.model_validate(in_list).queue_seconds == 30
    assert alone == {**in_list, "logs": "2 != 3", "jobs": []}


def test_it_filters_by_what_a_build_is(dynamodb: DynamoDBClient) -> None:
    other = {"pipeline_id": "jenkins.9", "provider": "jenkins", "repo": "acme/api", "pipeline": "nightly"}
    ours, theirs = some(3), some(2, **other, branch="dev", status=Status.FAILURE)
    store(dynamodb, *ours, *theirs)
    for name, value in {**other, "pipeline": "jenkins.9", "branch": "dev", "status": "failure"}.items():
        assert listed(**{"pipeline" if name == "pipeline_id" else name: value}) == ids(theirs), name
    assert listed(provider="github", status="failure") == []
    assert listed(pipeline="github.1.2", branch="dev") == []


def test_it_filters_by_the_start_of_a_build(dynamodb: DynamoDBClient) -> None:
    builds = some(4)
    store(dynamodb, *builds)
    bounds = {"from": "2026-11-20T12:20:34.567Z", "to": "2026-11-22T12:20:34.567Z"}
    assert listed(**bounds) == ids(builds[1:3])  # from is part of it, to is not
    assert listed(**bounds, pipeline="github.1.2") == ids(builds[1:3])
    assert listed(**{"from": "2027-01-01T00:00:00Z"}) == []


def test_it_lists_no_build_older_than_builds_are_kept(dynamodb: DynamoDBClient) -> None:
    store(
        dynamodb, a_build(run="1", started_at=NOW - 401 * DAY), a_build(run="2", started_at=NOW - 399 * DAY)
    )
    assert listed() == listed(pipeline="github.1.2") == ["github.1.2.2.1"]


def test_it_finds_the_build_that_started_last(dynamodb: DynamoDBClient) -> None:
    running = a_build(run="0", status=Status.IN_PROGRESS, started_at=NOW, branch="dev", completed_at=None)
    count(dynamodb, *some(3), running)
    assert get("/builds/latest", pipeline="CI").json["id"] == running.id
    assert get("/builds/latest", pipeline="github.1.2", branch="main").json["id"] == "github.1.2.1.1"
    assert get("/builds/latest", pipeline="CI", repo="acme/shop", branch="dev").json["id"] == running.id


def test_it_finds_the_latest_build_before_it_is_counted(dynamodb: DynamoDBClient) -> None:
    store(dynamodb, *some(2))
    assert get("/builds/latest", pipeline="github.1.2").json["id"] == "github.1.2.1.1"


def test_it_says_404_where_there_is_no_latest_build(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, *some(2))
    nothing: list[Any] = [
        {"pipeline": "nothing"},
        {"pipeline": "CI", "branch": "gone"},
        {"pipeline": "github.1.2", "repo": "x"},
    ]
    for asked in nothing:
        answer = get("/builds/latest", **asked)
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json["detail"] == "No such build."


def test_it_says_404_where_there_is_no_such_build() -> None:
    for build_id in ("github.1.2.3.4", "x", "a.b", "..", "%00", "a" * 3000, "é.1.1", "a.b.1.1."):
        assert get(f"/builds/{build_id}").status == 404, build_id
