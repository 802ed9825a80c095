"""Questions that cannot be answered: each gets a problem+json that names what is to blame."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from mypy_boto3_dynamodb import DynamoDBClient

from functions.metrics import api
from pipeline_health.api.answers import Problem
from tests.reading import CONTEXT, Answered, a_build, answered, count, event, get, serve


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def problem(answer: Answered, status: int) -> dict[str, Any]:
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    Problem.model_validate(answer.json)
    said: dict[str, Any] = answer.json
    return said


def blamed(path: str, query: str) -> dict[str, str]:
    return {each["field"]: each["message"] for each in problem(get(path, query), 422)["errors"]}


LIMIT = "should be greater than or equal to 1"
REFUSED = [
    ("/metrics/summary", "window=7", "window", "must be a number of hours, days or weeks"),
    ("/metrics/summary", "window=401d", "window", "at most 400d"),
    ("/metrics/summary", "window=0d", "window", "at most 400d"),
    ("/metrics/summary", "window=%D9%A7d", "window", "must be a number"),
    ("/metrics/summary", "window=", "window", "must be a number"),
    ("/metrics/summary", "windw=7d", "windw", "unknown here; allowed: branch, pipeline, repo, window"),
    ("/metrics/summary", "branch=main", "branch", "goes with a pipeline, or is the word default"),
    ("/metrics/summary", "window=7d&window=8d", "window", "given more than once"),
    ("/metrics/summary", "repo=", "repo", "at least 1 character"),
    ("/metrics/summary", "pipeline=" + "a" * 513, "pipeline", "at most 512 characters"),
    ("/metrics/timeseries", "bucket=week", "bucket", "'hour' or 'day'"),
    ("/metrics/timeseries", "window=21d&bucket=hour", "bucket", "must be day for windows of more than 20d"),
    ("/metrics/pipelines", "limit=1001", "limit", "less than or equal to 1000"),
    ("/builds", "limit=0", "limit", LIMIT),
    ("/builds", "limit=many", "limit", "should be a valid integer"),
    ("/builds", "status=green", "status", "'queued', 'in_progress', 'success'"),
    ("/builds", "from=yesterday", "from", "must be an RFC 3339 time"),
    ("/builds", "to=2026-11-23T12:00:00", "to", "must be an RFC 3339 time"),
    ("/builds", "from=2026-11-23T12:00:00Z&to=2026-11-22T12:00:00Z", "from", "must not be after to"),
    ("/builds", "cursor=nonsense", "cursor", "is not the `next` of this list"),
    ("/builds", "cursor=%C3%A9", "cursor", "is not the `next` of this list"),
    ("/builds/latest", "", "pipeline", "required"),
    ("/pipelines", "since=2026-11-23T12:00:00Z", "since", "allowed: cursor, limit, provider, recent, repo"),
    ("/changes", "limit=101", "limit", "less than or equal to 100"),
    ("/health", "verbose=1", "verbose", "allowed: no parameter at all"),
    ("/config", "a=1&a=2", "a", "given more than once"),
    ("/builds/x.1.1", "logs=1", "logs", "allowed: no parameter at all"),
]


def test_it_names_the_parameter_that_is_to_blame_and_what_is_allowed() -> None:
    for path, query, field, message in REFUSED:
        said = blamed(path, query)
        assert list(said) == [field], (path, query)
        assert message in said[field], (path, query)


def test_it_refuses_a_cursor_of_another_list_or_with_other_filters(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, *(a_build(run=str(n)) for n in range(3)))
    cursor = get("/builds", limit=1).json["next"]
    assert get("/builds", limit=2, cursor=cursor).status == 200
    assert list(blamed("/builds", f"cursor={cursor}&branch=main")) == ["cursor"]
    assert list(blamed("/changes", f"cursor={cursor}")) == ["cursor"]
    assert list(blamed("/builds", f"cursor={cursor[:-1]}{'A' if cursor[-1] != 'A' else 'B'}")) == ["cursor"]


def test_it_lists_the_ids_behind_an_ambiguous_name(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, a_build(), a_build(pipeline_id="github.1.3", repo="acme/api"))
    for path in ("/metrics/summary", "/metrics/timeseries", "/builds", "/builds/latest"):
        assert "github.1.2, github.1.3" in blamed(path, "pipeline=CI")["pipeline"]
        assert get(path, pipeline="CI", repo="acme/api").status == 200


def test_it_knows_no_other_route_and_no_other_method() -> None:
    assert problem(get("/nothing"), 404)["title"] == "Not Found"
    assert problem(get("/docs/../api.py"), 404)["title"] == "Not Found"
    answer = answered(api.handler(event("POST", "/builds", ""), CONTEXT))
    assert problem(answer, 405)["title"] == "Method Not Allowed"
    assert answer.headers["allow"] == "GET"


def broken(error: Exception) -> Any:
    class Broken:
        def page(self, *_: Any) -> None:
            raise error

    return Broken


THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "Query")
UNREACHABLE = EndpointConnectionError(endpoint_url="https://dynamodb")
DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "arn:aws:..."}}, "Query")


@pytest.mark.parametrize("error", [THROTTLED, UNREACHABLE])
def test_it_asks_to_come_back_where_storage_is_busy(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(api, "reading", broken(error))
    answer = get("/builds")
    assert problem(answer, 503)["title"] == "Service Unavailable"
    assert answer.headers["retry-after"] == "2"
    assert metric(capsys) == "api_503"


@pytest.mark.parametrize("error", [DENIED, KeyError("secret")])
def test_it_counts_a_crash_and_gives_nothing_of_it_away(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(api, "reading", broken(error))
    answer = get("/builds")
    assert problem(answer, 500)["detail"] == "This is our fault; the log knows more."
    assert metric(capsys) == "api_500"


def metric(capsys: pytest.CaptureFixture[str]) -> str:
    (line,) = (line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line)
    (one,) = json.loads(line)["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    name: str = one["Name"]
    return name


def test_it_logs_one_line_a_request_without_what_was_asked(caplog: pytest.LogCaptureFixture) -> None:
    get("/metrics/summary", repo="acme/secret")
    (line,) = (vars(record) for record in caplog.records if record.name != "mangum.http")
    assert [line[name] for name in ("msg", "route", "path", "status")] == [
        "answered",
        "GET /metrics/summary",
        "/metrics/summary",
        200,
    ]
    assert "secret" not in str(line)
