"""One pipeline over HTTP, whole: branches, changes, and what is the matter with it."""

from collections import Counter
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.api.pipeline_answers import OnePipeline
from pipeline_health.domain.build import Status
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.flows import pipeline as flow
from tests.reading import NOW, count, ended, get, serve

F = Status.FAILURE


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def pipeline(**asked: Any) -> dict[str, Any]:
    answer = get("/pipelines/github.1.2", **asked)
    assert answer.status == 200, answer.json
    OnePipeline.model_validate(answer.json)
    said: dict[str, Any] = answer.json
    return said


def test_it_says_all_that_the_list_says(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(4 * HOUR, F), ended(3 * HOUR), ended(2 * HOUR, F), ended(HOUR, branch="dev"))
    (listed,) = get("/pipelines", recent=30).json["pipelines"]
    said = pipeline()
    assert {name: said[name] for name in listed} == listed
    summary = get("/metrics/summary", pipeline="github.1.2").json
    closed = {name: summary["recovery"][name] for name in ("episodes", "mean", "median")}
    assert said["figures"] == {name: summary[name] for name in said["figures"]} | {"recovery": closed}


def test_it_shows_each_branch_the_one_active_last_first(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(3 * HOUR), ended(2 * HOUR, F, branch="dev"), ended(HOUR, branch="new"))
    branches = pipeline()["branches"]
    assert [(b["branch"], b["status"]) for b in branches] == [
        ("new", "success"),
        ("dev", "failure"),
        ("main", "success"),
    ]
    assert branches[1]["broken_since"] == "2026-11-23T10:20:34.567Z"
    assert (branches[1]["streak"]["builds"], branches[0]["broken_since"]) == (1, None)


def test_it_tells_what_changed_on_its_own_branch(dynamodb: DynamoDBClient) -> None:
    broken, fixed = ended(4 * HOUR, F), ended(2 * HOUR)
    count(dynamodb, ended(5 * HOUR), broken, ended(3 * HOUR, F), fixed, ended(HOUR, F, branch="dev"))
    told = [(change["change"], change["build"], change["builds"]) for change in pipeline()["changes"]]
    assert told == [("fixed", fixed.id, 1), ("broken", broken.id, 2)]


def test_it_flags_a_flaky_pipeline_and_names_the_commits(dynamodb: DynamoDBClient) -> None:
    twice = [
        ended(n * DAY + ago, status, commit=f"c{n}")
        for n in (1, 2, 3)
        for ago, status in ((2 * HOUR, F), (HOUR, Status.SUCCESS))
    ]
    count(dynamodb, *twice[:4], ended(HOUR, commit="c9"), ended(8 * DAY, commit="old"))
    flaky = pipeline()["flaky"]
    assert (flaky["flagged"], flaky["commits"], flaky["rate"]) == (False, 3, 66.67)
    assert [each["commit"] for each in flaky["flaky_commits"]] == ["c1", "c2"]
    count(dynamodb, *twice[4:])
    assert pipeline()["flaky"]["flagged"] is True


def test_it_counts_flaky_commits_that_too_many_builds_have_come_after(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "BUILDS", 2)
    twice = [ended(n * HOUR, s, commit=f"c{n // 2}") for n, s in ((2, F), (3, Status.SUCCESS))]
    many = [ended(n * DAY, s, commit="old") for n, s in ((3, F), (2, Status.SUCCESS))]
    count(dynamodb, *twice, *many)
    flaky = pipeline()["flaky"]
    assert (flaky["commits"], flaky["flaky"], flaky["rate"]) == (2, 2, 100)
    assert [each["commit"] for each in flaky["flaky_commits"]] == ["c1"]


def test_it_asks_no_build_where_no_commit_is_flaky(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(HOUR, F, commit="c1"), ended(2 * HOUR, commit="c2"))
    asked: list[str] = []
    reading_client().meta.events.register(
        "before-parameter-build.dynamodb", lambda params, **_: asked.append(params.get("TableName", ""))
    )
    assert pipeline()["flaky"]["flaky_commits"] == []
    assert "BuildsTable" not in asked
    assert "MetricsTable" in asked


def test_its_row_says_the_same_of_its_commits(dynamodb: DynamoDBClient) -> None:
    def row() -> dict[str, Any]:
        (found,) = get("/metrics/pipelines", window="24h", branch="default").json["pipelines"]
        flaky: dict[str, Any] = found["flaky"]
        return flaky

    def same() -> bool:
        said = pipeline()["flaky"]
        return row() == {
            **{name: said[name] for name in ("flagged", "rate", "commits")},
            "flaky": said["flaky"],
        }

    twice = [
        ended(n * 6 * DAY - ago, status, commit=f"c{n}", branch="dev", run=f"{n}-{ago}")
        for n in (1, 2, 3, 4)
        for ago, status in ((0, F), (HOUR, Status.SUCCESS))
    ]
    count(dynamodb, *twice, ended(8 * DAY, commit="old"))
    assert same()
    assert row()["flaky"] == 1
    count(dynamodb, *(ended(n * HOUR, F, commit=f"c{n}", run=f"late{n}") for n in (5, 6, 7)))
    count(dynamodb, *(ended(n * HOUR + 1, commit=f"c{n}", run=f"later{n}") for n in (5, 6, 7)))
    assert same()
    assert row()["flagged"] is True
    corrected = ended(7 * HOUR + 1, F, commit="c7", run="later7")
    count(dynamodb, corrected, revision=2)
    assert row() == {"flagged": True, "rate": 75, "commits": 4, "flaky": 3}
    count(dynamodb, corrected.model_copy(update={"commit": "other"}), revision=3)
    count(dynamodb, ended(6 * HOUR + 1, F, commit="c6", run="later6"), revision=2)
    assert row() == {"flagged": False, "rate": 40, "commits": 5, "flaky": 2}


def test_it_knows_a_slower_pipeline(dynamodb: DynamoDBClient) -> None:
    def builds(week: int, seconds: int) -> list[Any]:
        return [ended(week * 7 * DAY + n * HOUR, duration_ms=seconds * 1000) for n in range(1, 21)]

    count(dynamodb, *builds(0, 500), *builds(1, 300))
    verdict = pipeline()["slower"]
    assert verdict["slower"] is True
    assert (verdict["p95"], verdict["before"]) == (pytest.approx(500, rel=0.02), pytest.approx(300, rel=0.02))
    assert pipeline(window="24h")["slower"]["slower"] is None
    (row,) = get("/metrics/pipelines").json["pipelines"]
    assert row["slower"] is True


def test_it_knows_a_silent_pipeline_and_a_stuck_build(dynamodb: DynamoDBClient) -> None:
    regular = [ended(5 * DAY + n * HOUR) for n in range(21)]
    hung: Any = {"completed_at": None, "duration_ms": None, "started_at": NOW - 5 * DAY}
    running = ended(1, Status.IN_PROGRESS, **hung)
    count(dynamodb, *regular, running)
    said = pipeline()
    assert said["silent"] == {"since": "2026-11-18T14:20:34.567Z", "usual_gap_seconds": 3600}
    assert said["stuck"] == [running.id]


def test_it_reads_in_few_requests(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, *(ended(n * HOUR, commit=f"c{n}") for n in range(1, 9)))
    asked: Counter[str] = Counter()
    reading_client().meta.events.register(
        "after-call.dynamodb", lambda model, **_: asked.update([model.name])
    )
    pipeline(window="90d")
    assert asked.total() <= 6, asked


def test_it_does_not_know_every_pipeline() -> None:
    assert get("/pipelines/github.9.9").status == 404
    assert get("/pipelines/~é%2F").status == 404
    assert get("/pipelines/github.1.2", window="soon").status == 422
