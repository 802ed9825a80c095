"""What the tests of the read API share: API Gateway's events, and builds stored as ingest stores them."""

import json
from base64 import b64decode
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from functions.metrics import api
from pipeline_health.adapters import reading_tables
from pipeline_health.adapters.builds import DynamoBuilds
from pipeline_health.adapters.builds_stored import StoredBuilds
from pipeline_health.adapters.counts import CountsTable
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.domain.build import Build, Sighting, Status, version_of
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation
from tests.counting import DEFAULTS, MemoryAside, MemoryTopic, records, stored_of

NOW: Final = 1_795_435_200_000 + 1_234_567  # 2026-11-23T12:20:34.567Z
CONTEXT: Any = SimpleNamespace(
    function_name="api", memory_limit_in_mb=256, invoked_function_arn="arn:aws:lambda:x", aws_request_id="r1"
)


@dataclass(frozen=True)
class Answered:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


def serve(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function as deployed, at a fixed time; inside a test that has the fixture `dynamodb`."""
    monkeypatch.setenv("BUILDS_TABLE", "BuildsTable")
    monkeypatch.setenv("METRICS_TABLE", "MetricsTable")
    monkeypatch.setenv("WEBSOCKET_URL", "ws://localhost:8001/ws")
    monkeypatch.setattr(reading_tables, "now", lambda: NOW)
    reading_tables.forget()
    # The client stays from test to test; whoever watches what it asks shall not.
    client = reading_client()
    monkeypatch.setattr(client.meta, "events", copy(client.meta.events))


def get(path: str, query: str = "", headers: Mapping[str, str] | None = None, **asked: Any) -> Answered:
    """Asks the function as API Gateway does (payload format 2.0)."""
    raw = query or urlencode(asked)
    return answered(api.handler(event("GET", path, raw, headers), CONTEXT))


def event(method: str, path: str, query: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "abc.execute-api.eu-west-1.amazonaws.com", **(headers or {})},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "curl/8",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "timeEpoch": NOW,
        },
        "isBase64Encoded": False,
    }


def answered(response: dict[str, Any]) -> Answered:
    body = response["body"]
    content = b64decode(body) if response["isBase64Encoded"] else body.encode()
    return Answered(response["statusCode"], response["headers"], content)


def a_build(**said: Any) -> Build:
    facts: dict[str, Any] = {
        "provider": "github",
        "pipeline_id": "github.1.2",
        "run": "77",
        "repo": "acme/shop",
        "pipeline": "CI",
        "branch": "main",
        "status": Status.SUCCESS,
        "started_at": NOW - 60_000,
        "completed_at": NOW,
        "duration_ms": 60_000,
    }
    return Build.model_validate(facts | said)


def ended(ago: int, status: Status = Status.SUCCESS, **said: Any) -> Build:
    """A build of a minute that completed so many milliseconds ago."""
    at = NOW - ago
    facts = {"run": str(ago), "status": status, "started_at": at - 60_000, "completed_at": at}
    return a_build(**{**facts, **said})


def store(client: Any, *builds: Build) -> None:
    """Through the adapter that ingest writes with."""
    table = DynamoBuilds(client, "BuildsTable", 400)
    for build in builds:
        version = version_of(build.status, webhook=True, phase=0, sent_at=NOW, body=build.id.encode())
        table.record(Sighting(build=build, version=version), NOW)
        if build.queued_at:
            table.record(Sighting(build=build, version=version, adds_queued_at=True), NOW)


def count(client: Any, *builds: Build, revision: int = 1) -> None:
    """Stored, and counted as the aggregate function does once the stream has brought them."""
    store(client, *builds)
    to = Aggregation(
        counts=CountsTable(client, "MetricsTable"),
        builds=StoredBuilds(client, "BuildsTable"),
        topic=MemoryTopic(),
        aside=MemoryAside(),
        read=stored_of,
        pause=lambda _: None,
        default_names=DEFAULTS,
    )
    aggregate([{**record, "revision": revision} for record in records(builds)], to)
