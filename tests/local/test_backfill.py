"""`make backfill`: everything of a span is stored once, from wherever it was stopped, in little memory."""

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from mypy_boto3_dynamodb import DynamoDBClient

from local import backfill, backfill_state
from local.backfill_place import place
from pipeline_health.domain.times import DAY, HOUR, format_instant, parse_instant
from tests.adapters.test_github_api import run_at
from tests.github_server import GitHubServer
from tests.ingesting import NOW
from tests.jenkins_server import JenkinsServer, listed_build
from tests.sender_server import Asked, Said, serving
from tests.template import ROOT

TODAY = NOW // DAY * DAY


@pytest.fixture
def hub() -> Iterator[GitHubServer]:
    runs = [run_at(day * 10 + n, TODAY - day * DAY + n * HOUR) for day in range(1, 11) for n in range(3)]
    with serving(GitHubServer(token="t0ken", runs=runs)) as server:
        yield server


@pytest.fixture(autouse=True)
def environment(
    monkeypatch: pytest.MonkeyPatch, dynamodb: DynamoDBClient, hub: GitHubServer, tmp_path: Path
) -> list[float]:
    slept: list[float] = []
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    monkeypatch.setenv("GITHUB_API_URL", hub.url)
    monkeypatch.setattr(backfill, "now", lambda: NOW)
    # This module's alone: a thread of the embedded AWS, where another test started it, sleeps as well.
    monkeypatch.setattr(backfill, "time", SimpleNamespace(sleep=slept.append))
    monkeypatch.setattr(backfill_state, "FOLDER", tmp_path)
    return slept


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["backfill", "--insecure", *arguments])
    backfill.main()


GITHUB = ("--provider", "github", "--repo", "acme/shop", "--table", "BuildsTable", "--since", "2026-11-13")


def stored(dynamodb: DynamoDBClient) -> int:
    return dynamodb.scan(TableName="BuildsTable", Select="COUNT")["Count"]


def days(hub: GitHubServer) -> list[str]:
    return [asked.query["created"][:10] for asked in hub.asked if "created" in asked.query]


def test_it_stores_a_span_once(
    monkeypatch: pytest.MonkeyPatch,
    dynamodb: DynamoDBClient,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    run(monkeypatch, *GITHUB)
    assert stored(dynamodb) == 30
    run(monkeypatch, *GITHUB)
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "github acme/shop: 30 builds seen, 30 stored, 0 brought further, 0 could not be read.",
        "github acme/shop: 30 builds seen, 0 stored, 0 brought further, 0 could not be read.",
    ]
    assert list(tmp_path.iterdir()) == []


def test_it_stores_no_more_than_the_span(
    monkeypatch: pytest.MonkeyPatch, dynamodb: DynamoDBClient, hub: GitHubServer
) -> None:
    run(monkeypatch, *GITHUB[:-1], "2026-11-20", "--until", "2026-11-21T01:30:00Z")
    assert days(hub) == ["2026-11-21", "2026-11-20"]
    assert stored(dynamodb) == 5


def test_it_goes_on_where_it_was_stopped(
    monkeypatch: pytest.MonkeyPatch, dynamodb: DynamoDBClient, hub: GitHubServer
) -> None:
    def revoked(asked: Asked) -> Said | None:
        return Said(401, {}) if asked.query.get("created", "9") < "2026-11-18" else None

    hub.trouble = revoked
    with pytest.raises(SystemExit, match=r"github acme/shop: unauthorized\. the token in GITHUB_TOKEN"):
        run(monkeypatch, *GITHUB)
    assert stored(dynamodb) == 15
    hub.asked.clear()
    hub.trouble = lambda _: None
    monkeypatch.setattr(backfill, "now", lambda: NOW + 5 * DAY)
    run(monkeypatch, *GITHUB)
    assert stored(dynamodb) == 30
    assert days(hub) == [f"2026-11-{day}" for day in range(17, 12, -1)]


def test_it_waits_for_as_long_as_github_asks(
    monkeypatch: pytest.MonkeyPatch, dynamodb: DynamoDBClient, hub: GitHubServer, environment: list[float]
) -> None:
    limits = iter([Said(429, {}, {"Retry-After": "33"}), Said(502, b""), Said(502, b"")])
    hub.trouble = lambda asked: next(limits, None) if "created" in asked.query else None
    run(monkeypatch, *GITHUB)
    assert environment == [33, 2, 10]
    assert stored(dynamodb) == 30


def test_it_gives_up_on_what_does_not_heal(
    monkeypatch: pytest.MonkeyPatch, hub: GitHubServer, environment: list[float]
) -> None:
    hub.trouble = lambda _: Said(503, b"")
    with pytest.raises(SystemExit, match="http_503"):
        run(monkeypatch, *GITHUB)
    assert environment == [2, 10, 30, 60]


def test_it_fetches_a_jenkins_server(monkeypatch: pytest.MonkeyPatch, dynamodb: DynamoDBClient) -> None:
    builds = [
        listed_build(f"https://ci.example.com/job/shop/{n}/", TODAY - DAY + n) for n in range(250, 0, -1)
    ]
    monkeypatch.setenv("JENKINS_TOKEN", "ci:11aa")
    with serving(JenkinsServer(credentials="ci:11aa", jobs={"shop": builds})) as ci:
        run(monkeypatch, "--provider", "jenkins", "--url", ci.url, *GITHUB[4:])
    assert stored(dynamodb) == 250


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--provider", "jenkins", "--repo", "acme/shop", "--since", "2026-01-01"), "--url"),
        ((*GITHUB, "--until", "2026-11-01"), "--since must lie before"),
        ((*GITHUB[:-1], "yesterday"), "2"),
        (GITHUB[2:], "2"),
    ],
)
def test_it_says_what_is_wrong_with_a_question(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str, hub: GitHubServer
) -> None:
    with pytest.raises(SystemExit, match=says):
        run(monkeypatch, *arguments)
    assert hub.asked == []


def test_it_says_when_no_stack_runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:4566")

    monkeypatch.setattr(backfill, "place", nobody)
    with pytest.raises(SystemExit, match="make run"):
        run(monkeypatch, *GITHUB[:4], *GITHUB[6:])


def test_it_finds_the_table_of_a_stack_and_how_long_it_keeps_builds() -> None:
    template = {
        "Parameters": {"RetentionDays": {"Type": "Number", "Default": 400}},
        "Resources": {"BuildsTable": {"Type": "AWS::DynamoDB::Table", "Properties": TABLE}},
    }
    boto3.client("cloudformation").create_stack(
        StackName="pipeline-health",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "RetentionDays", "ParameterValue": "90"}],
    )
    found = place(Namespace(table=None, stack="pipeline-health", retention_days=None))
    assert found.retention_days == 90
    assert found.client.describe_table(TableName=found.table)


TABLE: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}


class BusyGitHub(GitHubServer):
    """A thousand runs a day, as large as GitHub's, made when they are asked for."""

    def _list(self, asked: Asked) -> Said:
        day, page = asked.query["created"][:10], int(asked.query.get("page", 1))
        start = parse_instant(f"{day}T00:00:00Z")
        runs = [run_at(start // 1000 + n, start + n * 1000) for n in range((page - 1) * 100, page * 100)]
        body = {"total_count": 1000, "workflow_runs": [{**run, "padding": "x" * 16_000} for run in runs]}
        more = f"{self.url}{asked.path}?created={asked.query['created']}&page={page + 1}"
        return Said(200, body, {"Link": f'<{more}>; rel="next"'} if page < 10 else {})


@pytest.mark.parametrize("days", [int(os.environ.get("BACKFILL_DAYS", "10"))])
def test_it_holds_a_page_at_a_time(days: int) -> None:
    """BACKFILL_DAYS=100 tries it with 100,000 runs."""
    since = format_instant(TODAY - (days - 1) * DAY)
    with serving(BusyGitHub(token="t0ken")) as busy:
        measured = subprocess.run(
            [sys.executable, ROOT / "tests/local/measure_backfill.py", busy.url, since],
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/common'}", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
    seen, megabytes = map(int, measured.stdout.split())
    assert seen == days * 1000
    assert megabytes < 200, megabytes
