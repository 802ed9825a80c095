"""What every test may rely on: no way out of this machine, no real account, and a DynamoDB in memory."""

import os
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import settings
from moto import mock_aws
from mypy_boto3_dynamodb import DynamoDBClient

from tests.template import create_tables

os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "PipelineHealth"  # read when a function is imported

settings.register_profile("fuzz", max_examples=20_000, deadline=None)  # `make fuzz`

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_connect = socket.socket.connect


def _connect_here_only(self: socket.socket, address: Any) -> None:
    if isinstance(address, tuple) and address[0] not in _LOOPBACK:
        raise AssertionError(f"a test tried to reach {address[0]}")
    _connect(self, address)


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _connect_here_only)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBClient]:
    """moto's DynamoDB with every table of template.yaml, empty; a table is named as its logical id.

    moto stays on for the whole test, so that clients and resources made in it reach the same tables.
    """
    with mock_aws():
        client = boto3.client("dynamodb")
        create_tables(client)
        yield client
