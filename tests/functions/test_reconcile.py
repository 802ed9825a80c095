"""The reconcile function, from EventBridge's event to the table: what it writes, logs and counts."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from mypy_boto3_dynamodb import DynamoDBClient

from functions.reconcile import app
from pipeline_health.adapters.builds import writing_client
from pipeline_health.adapters.dynamodb import client
from pipeline_health.adapters.secrets import secrets_client
from pipeline_health.domain.times import HOUR, format_instant
from tests.adapters.test_github_api import run_at
from tests.github_server import GitHubServer, a_hook, failed_delivery
from tests.ingesting import NOW
from tests.jenkins_server import JenkinsServer, listed_build
from tests.sender_server import serving

# As EventBridge sends it: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
EVENT = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-11-23T12:00:00Z",
    "region": "eu-west-1",
    "resources": ["arn:aws:events:eu-west-1:123456789012:rule/my-scheduled-rule"],
    "detail": {},
}
SECRETS = {"github": "t0ken", "jenkins": "ci:11aa"}


@dataclass
class Context:
    function_name: str = "reconcile"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:reconcile"
    aws_request_id: str = "72d3162e"
    milliseconds: int = 300_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@pytest.fixture(autouse=True)
def forgets() -> Iterator[None]:
    caches = (app._settings, app._secrets, app._etags, app._fetching, secrets_client, writing_client, client)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def hub() -> Iterator[GitHubServer]:
    with serving(GitHubServer(token="t0ken", runs=[run_at(1, NOW - HOUR)])) as server:
        yield server


@pytest.fixture
def ci() -> Iterator[JenkinsServer]:
    builds = [listed_build("https://ci.example.com/job/shop/18/", NOW - HOUR)]
    with serving(JenkinsServer(credentials="ci:11aa", jobs={"shop": builds})) as server:
        yield server


@pytest.fixture(autouse=True)
def environment(
    monkeypatch: pytest.MonkeyPatch, dynamodb: DynamoDBClient, hub: GitHubServer, ci: JenkinsServer
) -> None:
    manager = boto3.client("secretsmanager")
    arn = manager.create_secret(Name="reconcile", SecretString=json.dumps(SECRETS))["ARN"]
    for name, value in {
        "BUILDS_TABLE": "BuildsTable",
        "RECONCILE_GITHUB_REPOS": "acme/shop",
        "GITHUB_API_URL": hub.url,
        "RECONCILE_JENKINS_URLS": ci.url,
        "RECONCILE_SECRET_ARN": arn,
        "ALLOW_INSECURE_RECEIVERS": "on",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(app, "now", lambda: NOW)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", stream)
    return stream


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def stored(dynamodb: DynamoDBClient) -> set[str]:
    return {
        f"{item['pk']['S']}.{item['sk']['S']}" for item in dynamodb.scan(TableName="BuildsTable")["Items"]
    }


def look(event: dict[str, Any] = EVENT, milliseconds: int = 300_000) -> None:
    app.handler(event, cast(LambdaContext, Context(milliseconds=milliseconds)))


def test_it_stores_what_every_source_has(dynamodb: DynamoDBClient, log: io.StringIO) -> None:
    look()
    assert len(stored(dynamodb)) == 2
    assert "github.77.4242.1.1" in stored(dynamodb)
    told = [(line["message"], line["source"].split(":")[0], line["restored"]) for line in lines(log)]
    assert told == [("source_read", "github acme/shop", 1), ("source_read", "jenkins 127.0.0.1", 1)]


def test_it_asks_github_to_deliver_again_what_failed(hub: GitHubServer, log: io.StringIO) -> None:
    hub.hooks = [a_hook()]
    hub.deliveries = [failed_delivery(5, format_instant(NOW - HOUR))]
    look()
    assert hub.paths("POST") == ["/repos/acme/shop/hooks/12/deliveries/5/attempts"]
    assert lines(log)[0]["redelivered"] == 1


def test_it_asks_the_organisation_too_where_one_is_named(
    hub: GitHubServer, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILE_GITHUB_ORGS", "acme, closed")
    hub.hooks = [a_hook()]
    look()
    told = {line["source"]: (line["message"], line.get("reason")) for line in lines(log)}
    assert told["github acme"] == ("source_read", None)
    assert told["github closed"] == ("source_failed", "forbidden")
    assert "/orgs/acme/hooks/12/deliveries" in hub.paths()


def test_it_names_the_source_with_the_wrong_token_and_reads_the_others(
    hub: GitHubServer, dynamodb: DynamoDBClient, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.token = "changed"
    look()
    first, second = lines(log)
    assert (first["message"], first["source"], first["reason"], first["level"]) == (
        "source_failed",
        "github acme/shop",
        "unauthorized",
        "WARNING",
    )
    assert second["message"] == "source_read"
    assert len(stored(dynamodb)) == 1
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"source": "github acme/shop", "source_failed": [1.0]}.items() <= metrics[0].items()


def test_it_names_the_source_with_the_wrong_host_and_reads_the_others(
    monkeypatch: pytest.MonkeyPatch, ci: JenkinsServer, dynamodb: DynamoDBClient, log: io.StringIO
) -> None:
    monkeypatch.setenv("RECONCILE_JENKINS_URLS", f"http://localhost:1/, {ci.url}")
    look()
    wrong = [line for line in lines(log) if line["level"] == "WARNING"]
    assert [(line["message"], line["source"], line["reason"]) for line in wrong] == [
        ("source_failed", "jenkins localhost:1", "unreachable")
    ]
    assert len(stored(dynamodb)) == 2


def test_it_tells_no_secret(log: io.StringIO, capsys: pytest.CaptureFixture[str], hub: GitHubServer) -> None:
    hub.token = "changed"
    look()
    told = log.getvalue() + "".join(capsys.readouterr())
    assert not any(secret in told for secret in ("t0ken", "11aa"))


def test_it_remembers_while_it_is_warm_what_did_not_change(hub: GitHubServer, log: io.StringIO) -> None:
    look()
    look()
    assert [line["seen"] for line in lines(log)] == [1, 1, 0, 1]


def test_it_stops_in_time(log: io.StringIO, dynamodb: DynamoDBClient) -> None:
    look(milliseconds=1_000)
    assert [line["message"] for line in lines(log)] == ["source_unfinished", "source_unfinished"]


def test_it_raises_when_our_own_storage_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDS_TABLE", "gone")
    with pytest.raises(Exception, match="ResourceNotFound"):
        look()


def test_it_gives_each_server_its_own_credentials(
    monkeypatch: pytest.MonkeyPatch, ci: JenkinsServer, log: io.StringIO
) -> None:
    with serving(JenkinsServer(credentials="other:22bb")) as second:
        monkeypatch.setenv("RECONCILE_GITHUB_REPOS", "")
        monkeypatch.setenv("RECONCILE_JENKINS_URLS", f"{ci.url}, {second.url}")
        boto3.client("secretsmanager").put_secret_value(
            SecretId="reconcile", SecretString=json.dumps({"github": "", "jenkins": "ci:11aa,other:22bb"})
        )
        look()
    assert [line["message"] for line in lines(log)] == ["source_read", "source_read"]
