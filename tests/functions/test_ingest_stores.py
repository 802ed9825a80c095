"""POST /ingest/{provider}, from API Gateway's event to the table and back."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from mypy_boto3_dynamodb import DynamoDBClient

from functions.ingest import app
from pipeline_health.adapters.builds import writing_client
from tests.functions.ingest_events import Event, event
from tests.ingesting import encoded, flat_body, github_run, jenkins_build

GITHUB = {"X-GitHub-Event": "workflow_run"}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, dynamodb: DynamoDBClient) -> Iterator[None]:
    """Clients of this test's moto, and of no other's."""
    monkeypatch.setenv("BUILDS_TABLE", "BuildsTable")
    monkeypatch.setenv("AUTH", "off")
    caches = (app._settings, app._store, writing_client)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def post(given: Event) -> tuple[int, dict[str, Any]]:
    response = app.handler(given, None)
    return response["statusCode"], json.loads(response["body"])


def stored(dynamodb: DynamoDBClient) -> int:
    return dynamodb.scan(TableName="BuildsTable")["Count"]


def test_it_records_a_github_run(dynamodb: DynamoDBClient) -> None:
    status, body = post(event("github", github_run(), GITHUB))
    assert (status, body["result"], stored(dynamodb)) == (201, "created", 1)
    assert body["build"]["duration_seconds"] == 320
    assert body["build"]["completed_at"] == "2026-11-23T11:05:30Z"


def test_it_reads_a_base64_body() -> None:
    body = b64encode(encoded(github_run())).decode()
    assert post(event("github", body, GITHUB, isBase64Encoded=True))[0] == 201


def test_a_flat_body_is_one_build_however_often_it_is_sent(dynamodb: DynamoDBClient) -> None:
    results = [post(event("jenkins", flat_body()))[1]["result"] for _ in range(2)]
    assert (results, stored(dynamodb)) == (["created", "unchanged"], 1)


def test_the_phases_of_a_jenkins_build_are_one_build(dynamodb: DynamoDBClient) -> None:
    phases = ("QUEUED", "STARTED", "COMPLETED", "FINALIZED")
    results = [post(event("jenkins", jenkins_build(phase=phase)))[1]["result"] for phase in phases]
    assert (results, stored(dynamodb)) == (["created", "updated", "updated", "unchanged"], 1)


def test_a_webhook_is_one_request_to_dynamodb() -> None:
    seen: list[str] = []
    events = writing_client().meta.events
    events.register("before-send", lambda **sent: seen.append(sent["event_name"]))
    for document in (github_run(status="queued", conclusion=None), github_run(), github_run()):
        post(event("github", document, GITHUB))
    assert seen == ["before-send.dynamodb.UpdateItem"] * 3


def test_what_is_ignored_or_refused_asks_nothing_of_dynamodb(dynamodb: DynamoDBClient) -> None:
    seen: list[str] = []
    events = writing_client().meta.events
    events.register("before-send", lambda **sent: seen.append(sent["event_name"]))
    assert post(event("github", {"zen": ""}, {"x-github-event": "ping"}))[0] == 202
    assert post(event("github", github_run(id=0), GITHUB))[0] == 422
    assert (seen, stored(dynamodb)) == ([], 0)


def test_nothing_is_acknowledged_that_is_not_stored() -> None:
    with Stubber(writing_client()) as stub:
        stub.add_client_error("update_item", "ThrottlingException", http_status_code=400)
        response = app.handler(event("github", github_run(), GITHUB), None)
    assert (response["statusCode"], response["headers"]["retry-after"]) == (503, "5")
