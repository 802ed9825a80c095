"""What a cold start pays for: the modules that a handler brings in, counted where they do not flake."""

import subprocess
import sys

import pytest
from pydantic import BaseModel

from pipeline_health.api.deferred import deferred
from pipeline_health.providers.senders import NAMES
from tests.template import ROOT

NEVER = {"boto3", "s3transfer", "pydantic.v1", "jsonschema", "requests", "asyncio"}
WEB = {"fastapi", "starlette", "mangum"}


def modules(handler: str) -> set[str]:
    return printed(f"import {handler}, sys; print(*sys.modules)")


def printed(code: str) -> set[str]:
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
        ("functions.metrics.aggregate", 480),
        ("functions.ws_connect.app", 460),
        ("functions.ws_connect.broadcast", 465),
        ("functions.alerts.app", 495),
        ("functions.jobs.app", 480),
    ],
)
def test_a_handler_brings_in_no_more_than_it_needs(handler: str, most: int) -> None:
    brought = modules(handler)
    assert brought & (NEVER | WEB) == set()
    assert len(brought) <= most


def test_a_sender_is_read_when_it_first_writes() -> None:
    senders = {f"pipeline_health.providers.{name}" for name in NAMES}
    assert modules("functions.ingest.app") & senders == set()


def test_the_api_brings_in_no_second_sdk_and_no_sender() -> None:
    brought = modules("functions.metrics.api")
    senders = {f"pipeline_health.providers.{name}" for name in NAMES}
    assert brought & {"boto3", "pipeline_health.flows.ingest", *senders} == set()
    assert len(brought) <= 730


def test_what_describes_openapi_is_built_when_somebody_asks_for_it() -> None:
    early = built("fastapi.openapi.models", after="functions.metrics.api")
    assert "Schema" in early  # FastAPI asks for three, and this test can see it
    assert len(early) <= 5


def test_a_deferred_model_is_built_when_it_is_first_used() -> None:
    with deferred():

        class Later(BaseModel):
            number: int

    assert not Later.__pydantic_complete__
    assert Later.model_validate({"number": "1"}).number == 1


def test_models_made_afterwards_are_built_at_once() -> None:
    with deferred():
        pass

    class Now(BaseModel):
        number: int

    assert Now.__pydantic_complete__


def test_a_sender_s_models_are_built_when_it_writes() -> None:
    assert built("pipeline_health.providers.github", after="functions.ingest.app") == set()


def built(module: str, after: str) -> set[str]:
    """The pydantic models of a module that are ready to be used."""
    models = f"each for each in vars(module).values() if getattr(each, '__module__', '') == '{module}'"
    ready = f"each.__name__ for each in ({models}) if getattr(each, '__pydantic_complete__', False)"
    return printed(f"import {after}, {module} as module; print(*({ready}))")


def test_the_page_brings_in_nothing_but_the_standard_library() -> None:
    brought = modules("functions.dashboard.app")
    ours_or_installed = {"botocore", "pydantic", "pipeline_health", "aws_lambda_powertools"}
    assert brought & ours_or_installed == set()
    assert "dataclasses" not in brought
