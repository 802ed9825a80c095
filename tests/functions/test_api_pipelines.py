"""Pipelines and changes over HTTP: how each pipeline stands, what broke and what was fixed."""

from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.api.answers import Changes, Pipelines
from pipeline_health.domain.build import Status
from pipeline_health.domain.times import DAY, HOUR
from tests.reading import count, ended, get, serve

F = Status.FAILURE
API: Any = {"pipeline_id": "github.1.3", "repo": "acme/api"}


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def test_it_shows_how_each_pipeline_stands(dynamodb: DynamoDBClient) -> None:
    first, last = ended(2 * HOUR, F), ended(HOUR, F)
    count(dynamodb, ended(3 * HOUR), first, last, ended(60_000, branch="dev"))
    count(dynamodb, ended(HOUR, provider="jenkins", default_branch="main", **API))
    page = get("/pipelines").json
    Pipelines.model_validate(page)
    shop, other = page["pipelines"]
    since = "2026-11-23T10:20:34.567Z"
    assert (shop["id"], shop["status"], shop["broken_since"]) == ("github.1.2", "failure", since)
    ids = {"first_build": first.id, "last_build": last.id}
    assert shop["streak"] == {"status": "failure", "builds": 2, "since": since, **ids}
    assert (shop["branch"], shop["broken_branches"]) == ("main", [{"branch": "main", "since": since}])
    assert shop["last_build"]["branch"] == "dev"
    assert (other["default_branch"], other["broken_since"]) == ("main", None)
    assert get("/pipelines", provider="jenkins").json == {"pipelines": [other], "next": None}
    first = get("/pipelines", limit=1).json
    assert get("/pipelines", limit=1, cursor=first["next"]).json == {"pipelines": [other], "next": None}


def test_it_shows_the_strip_of_recent_builds_that_was_asked_for(dynamodb: DynamoDBClient) -> None:
    older, newer = ended(2 * HOUR, F), ended(HOUR, branch="a branch, with spaces")
    count(dynamodb, ended(3 * HOUR), older, newer)
    page = get("/pipelines", recent=2).json
    Pipelines.model_validate(page)
    strip = page["pipelines"][0]["recent"]
    assert [build["id"] for build in strip] == [newer.id, older.id]
    assert [build["branch"] for build in strip] == ["a branch, with spaces", "main"]
    stored = get(f"/builds/{older.id}").json
    assert strip[1] == {name: stored[name] for name in strip[1]}
    assert get("/pipelines").json["pipelines"][0]["recent"] == []
    assert get("/pipelines", recent=31).status == 422


def test_it_tells_changes_newest_first_with_their_builds(dynamodb: DynamoDBClient) -> None:
    broken, fixed = ended(40 * DAY, F), ended(2 * DAY)
    count(dynamodb, ended(41 * DAY), broken, fixed, ended(DAY), ended(HOUR, F, **API, branch="dev"))
    page = get("/changes").json
    Changes.model_validate(page)
    told = [(change["change"], change["build"]["id"], change["branch"]) for change in page["changes"]]
    assert told == [
        ("broken", f"github.1.3.{HOUR}.1", "dev"),
        ("fixed", fixed.id, "main"),
        ("broken", broken.id, "main"),
    ]
    assert page["changes"][1]["at"] == "2026-11-21T12:20:34.567Z"
    first = get("/changes", limit=2).json
    assert get("/changes", limit=2, cursor=first["next"]).json["changes"] == page["changes"][2:]
    since = get("/changes", since="2026-11-21T12:20:34.567Z").json["changes"]
    assert since == page["changes"][:2]


def test_it_looks_back_as_far_as_builds_are_kept(dynamodb: DynamoDBClient) -> None:
    """A request a half-year, and one for the builds."""
    count(dynamodb, ended(390 * DAY, F), ended(389 * DAY))
    asked: list[str] = []
    reading_client().meta.events.register("after-call.dynamodb", lambda model, **_: asked.append(model.name))
    page = get("/changes").json
    assert [change["change"] for change in page["changes"]] == ["fixed", "broken"]
    assert page["next"] is None
    assert len(asked) <= 5


def test_it_tells_a_change_whose_build_is_gone(dynamodb: DynamoDBClient) -> None:
    broken = ended(HOUR, F)
    count(dynamodb, broken)
    dynamodb.delete_item(
        TableName="BuildsTable", Key={"pk": {"S": broken.pipeline_id}, "sk": {"S": f"{HOUR}.1"}}
    )
    (change,) = get("/changes").json["changes"]
    assert (change["change"], change["build"], change["pipeline"]) == ("broken", None, None)
