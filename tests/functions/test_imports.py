"""What a cold start pays for: the modules that a handler brings in, counted where they do not flake."""

import subprocess
import sys

import pytest

from tests.template import ROOT

NEVER = {"boto3", "s3transfer", "pydantic.v1", "jsonschema", "requests", "asyncio"}
WEB = {"fastapi", "starlette", "mangum"}


def modules(handler: str) -> set[str]:
    code = f"import {handler}, sys; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}/layers/common", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stdout.split())


@pytest.mark.parametrize(
    ("handler", "most"),
    [
        ("functions.ingest.app", 480),
        ("functions.metrics.aggregate", 500),
        ("functions.ws_connect.app", 460),
        ("functions.ws_connect.broadcast", 465),
        ("functions.alerts.app", 495),
        ("functions.jobs.app", 500),
    ],
)
def test_a_handler_brings_in_no_more_than_it_needs(handler: str, most: int) -> None:
    brought = modules(handler)
    assert brought & (NEVER | WEB) == set()
    assert len(brought) <= most


def test_the_api_brings_in_no_second_sdk() -> None:
    assert "boto3" not in modules("functions.metrics.api")


def test_the_page_brings_in_nothing_but_the_standard_library() -> None:
    brought = modules("functions.dashboard.app")
    ours_or_installed = {"botocore", "pydantic", "pipeline_health", "aws_lambda_powertools"}
    assert brought & ours_or_installed == set()
    assert "dataclasses" not in brought
