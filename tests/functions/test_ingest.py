"""POST /ingest/{provider}, from API Gateway's event to the table and back."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.ingest import app
from pipeline_health.adapters.secrets import secrets_client
from tests.functions.ingest_events import Event, event
from tests.ingesting import (
    SECRET,
    FakeBuilds,
    basic,
    encoded,
    flat_body,
    github_run,
    jenkins_build,
    signature,
)

GITHUB = {"X-GitHub-Event": "workflow_run", "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}
Answer = tuple[int, dict[str, Any]]


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> FakeBuilds:
    store = FakeBuilds()
    monkeypatch.setenv("BUILDS_TABLE", "none")
    monkeypatch.setenv("AUTH", "off")
    for cache in (app._settings, app._secrets, secrets_client):
        cache.cache_clear()
    monkeypatch.setattr(app, "_store", lambda: store)
    return store


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    handler = app.logger.registered_handler
    monkeypatch.setattr(handler, "stream", stream)
    return stream


@pytest.fixture
def auth_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with mock_aws():
        text = json.dumps({"webhook": SECRET.decode()})
        manager = boto3.client("secretsmanager")
        arn = manager.create_secret(Name="webhook", SecretString=text)["ARN"]
        monkeypatch.setenv("AUTH", "on")
        monkeypatch.setenv("WEBHOOK_SECRET_ARN", arn)
        yield


def post(given: Event) -> Answer:
    response = app.handler(given, None)
    kind = response["headers"]["content-type"]
    assert kind == ("application/json" if response["statusCode"] < 300 else "application/problem+json")
    return response["statusCode"], json.loads(response["body"])


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (event("travis", {}), 404),
        (event("github", "nonsense"), 400),
        (event("github", "%%%", isBase64Encoded=True), 400),
        (event("github", github_run(id="x"), GITHUB), 422),
        (event("github", {}, requestContext={"http": {"method": "PUT"}}), 405),
        (event("github", "x" * (5 * 1024 * 1024 + 1), GITHUB), 413),
        (event("github", None, body=None), 400),
        (event("github", {}, pathParameters=None), 404),
    ],
)
def test_a_refusal_is_a_problem_and_stores_nothing(given: Event, status: int, store: FakeBuilds) -> None:
    answered, problem = post(given)
    assert (answered, problem["status"], problem["type"]) == (status, status, "about:blank")
    assert not store.leading


def test_it_names_the_fields_as_the_sender_does() -> None:
    _, problem = post(event("github", github_run(id="x"), GITHUB))
    assert problem["errors"] == [{"field": "workflow_run.id", "message": "must be a whole number"}]


@pytest.mark.usefixtures("auth_on")
def test_with_auth_on_a_signature_opens_the_door() -> None:
    body = encoded(github_run())
    assert post(event("github", body, GITHUB))[0] == 401
    assert post(event("github", body, {**GITHUB, "X-Hub-Signature-256": signature(body)}))[0] == 201
    assert post(event("github", body, {**GITHUB, "X-Hub-Signature-256": signature(body, b"x")}))[0] == 401


@pytest.mark.usefixtures("auth_on")
def test_with_auth_on_a_token_opens_the_door_to_jenkins_and_flat_bodies() -> None:
    assert post(event("jenkins", jenkins_build()))[0] == 401
    assert post(event("jenkins", jenkins_build(), query={"token": SECRET.decode()}))[0] == 201
    assert post(event("jenkins", jenkins_build(), {"Authorization": basic(SECRET)}))[0] == 200
    bearer = {"authorization": f"Bearer {SECRET.decode()}"}
    assert post(event("github", flat_body(), bearer))[0] == 201
    assert (
        post(event("github", flat_body(), {"x-hub-signature-256": signature(encoded(flat_body()))}))[0] == 200
    )


def test_with_auth_on_and_no_secret_nobody_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH", "on")
    body = encoded(github_run())
    headers = {**GITHUB, "x-hub-signature-256": signature(body, b"")}
    assert post(event("github", body, headers))[0] == 401


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_it_logs_one_line_with_ids_and_no_body(log: io.StringIO) -> None:
    post(event("github", github_run(display_title="private words"), GITHUB))
    (line,) = lines(log)
    assert line["message"] == "webhook_created"
    assert (line["provider"], line["delivery"]) == ("github", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
    assert (line["build"], line["status"]) == ("github.77.4242.9876543210.1", 201)
    assert not {"reason", "fields"} & line.keys()
    assert "private words" not in log.getvalue()


@pytest.mark.usefixtures("auth_on")
def test_no_secret_and_nothing_hostile_gets_into_the_log(log: io.StringIO) -> None:
    token = SECRET.decode()
    hostile = {"x-github-delivery": 'a\nb"}{<script>' + "x" * 100, "x-github-event": "<script>"}
    post(event("<script>", {}, {**hostile, "authorization": f"Bearer {token}"}))
    post(event("github", {"<script>": 1}, {**hostile, "x-hub-signature-256": "<script>"}))
    post(event("jenkins", '{"<script>": <script>', query={"token": token}))
    assert [line["message"] for line in lines(log)] == [
        "webhook_unknown_provider",
        "webhook_unauthorized",
        "webhook_not_json",
    ]
    assert lines(log)[0]["delivery"] == "abscript" + "x" * 56
    assert "<" not in log.getvalue().replace("<module>", "")
    assert token not in log.getvalue()


@pytest.mark.parametrize(
    ("given", "metric"),
    [
        (event("github", github_run(), GITHUB), "webhook_created"),
        (event("github", {}, {"x-github-event": "ping"}), "webhook_ignored"),
        (event("github", {}), "webhook_unusable_fields"),
        (event("nobody", {}), "webhook_unknown_provider"),
    ],
)
def test_every_outcome_is_one_metric(
    given: Event, metric: str, capsys: pytest.CaptureFixture[str], log: io.StringIO
) -> None:
    post(given)
    (line,) = capsys.readouterr().out.splitlines()
    (said,) = json.loads(line)["_aws"]["CloudWatchMetrics"]
    assert said["Namespace"] == "PipelineHealth"
    assert [each["Name"] for each in said["Metrics"]] == [metric]
