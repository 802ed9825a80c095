"""The API function in this process, asked as API Gateway asks it, with bench.table in place of DynamoDB.

botocore signs, sends and reads as it does; only what would go out on the socket is answered here.
"""

import io
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from bench.capacity import Spent
from bench.table import Tables
from functions.metrics import api
from local.translate import REGION
from pipeline_health.adapters import reading_tables
from pipeline_health.adapters.reading_client import reading_client

_CONTEXT: Final[Any] = SimpleNamespace(
    function_name="api", memory_limit_in_mb=1024, invoked_function_arn="arn:aws:lambda:x", aws_request_id="1"
)
_ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": REGION,
    "BUILDS_TABLE": "BuildsTable",
    "METRICS_TABLE": "MetricsTable",
    "WEBSOCKET_URL": "ws://localhost:8001/ws",
}


class Served:
    """`tables` may be exchanged between two questions."""

    def __init__(self) -> None:
        self.tables = Tables([])

    def get(self, url: str) -> str:
        """The body, uncompressed."""
        said = api.handler(_event(url), _CONTEXT)
        if said["statusCode"] != 200:
            raise RuntimeError(f"{url} was answered {said['statusCode']}: {said['body']}")
        body: str = said["body"]
        return body

    def spent(self, url: str) -> Spent:
        """By a process that has just started: it remembers nothing."""
        reading_tables.forget()
        with self.tables.measuring() as spent:
            self.get(url)
        return spent

    def first(self, url: str) -> float:
        """As `cpu`, by a process that has answered nothing yet."""
        reading_tables.forget()
        return self.cpu(url)

    def cpu(self, url: str) -> float:
        """Milliseconds, without those of the tables."""
        began, aside = time.process_time(), self.tables.took
        self.get(url)
        return 1000 * (time.process_time() - began - (self.tables.took - aside))

    def send(self, request: Any, **_: Any) -> AWSResponse:
        """In place of what goes out."""
        operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
        body = self.tables.answer(operation, json.loads(request.body))
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(body))


class _Raw(io.BytesIO):
    """As botocore reads urllib3's answers."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


@contextmanager
def served(now: int) -> Iterator[Served]:
    """At a fixed time."""
    quiet = patch.object(api.logger, "info")
    with patch.dict(os.environ, _ENVIRONMENT), patch.object(reading_tables, "now", lambda: now), quiet:
        os.environ.pop("AWS_ENDPOINT_URL", None)
        _forget()
        at = Served()
        client: Any = reading_client()
        client.meta.events.register_first("before-send.dynamodb", at.send)
        try:
            yield at
        finally:
            _forget()


def _forget() -> None:
    reading_client.cache_clear()
    reading_tables.forget()


def _event(url: str) -> dict[str, Any]:
    """Payload format 2.0."""
    asked = urlsplit(url)
    http = {"method": "GET", "path": asked.path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}
    return {
        "version": "2.0",
        "routeKey": f"GET {asked.path}",
        "rawPath": asked.path,
        "rawQueryString": asked.query,
        "headers": {"host": "abc.execute-api.eu-west-1.amazonaws.com"},
        "requestContext": {"http": {**http, "userAgent": "bench"}, "stage": "$default", "requestId": "1"},
        "isBase64Encoded": False,
    }
