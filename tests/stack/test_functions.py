"""What the template says of the functions, against their code."""

import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from pipeline_health.domain.events import CHANGES_ATTRIBUTE, Change
from pipeline_health.flows.reconcile import PERIOD
from tests.template import ROOT, load, resources

FUNCTIONS = resources("AWS::Serverless::Function")
STREAMS = resources("AWS::Lambda::EventSourceMapping")
READ_BY_LIBRARIES = {
    "AWS_ENDPOINT_URL",
    "LOG_LEVEL",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_SERVICE_NAME",
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_names_handlers_that_exist(name: str) -> None:
    module, handler = FUNCTIONS[name]["Properties"]["Handler"].split(".")
    assert f"\ndef {handler}(" in (code(name) / f"{module}.py").read_text()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_tells_a_function_only_what_it_reads(name: str) -> None:
    read = words(code(name)) | words(ROOT / "layers/common/pipeline_health")
    told = set(FUNCTIONS[name]["Properties"]["Environment"]["Variables"]) - READ_BY_LIBRARIES
    assert {variable for variable in told if variable.lower() not in read} == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_tells_a_function_that_logs_who_it_is(name: str) -> None:
    module = FUNCTIONS[name]["Properties"]["Handler"].split(".")[0]
    if "aws_lambda_powertools" in (code(name) / f"{module}.py").read_text():
        assert told(FUNCTIONS[name])["POWERTOOLS_SERVICE_NAME"] == name.removesuffix("Function").lower()


def test_it_leaves_the_sdk_with_aws_unless_an_endpoint_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = load()["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["AWS_ENDPOINT_URL"] == {"Ref": "AwsEndpointUrl"}
    monkeypatch.setenv("AWS_ENDPOINT_URL", load()["Parameters"]["AwsEndpointUrl"]["Default"])
    assert boto3.client("dynamodb").meta.endpoint_url == "https://dynamodb.eu-west-1.amazonaws.com"


def test_it_puts_no_secret_into_an_environment_or_an_output() -> None:
    template = load()
    secret = {name for name, parameter in template["Parameters"].items() if parameter.get("NoEcho")}
    assert secret == {
        "WebhookSecret",
        "ReadToken",
        "SlackWebhook",
        "SmtpUser",
        "SmtpPassword",
        "ReconcileGitHubToken",
        "ReconcileJenkinsTokens",
    }
    shown = [template["Outputs"], template["Globals"], *(told(function) for function in FUNCTIONS.values())]
    assert secret & set(references(shown)) == set()


def test_it_wakes_alerts_for_changes_alone() -> None:
    (event,) = FUNCTIONS["AlertsFunction"]["Properties"]["Events"].values()
    assert event["Properties"]["FilterPolicy"] == {
        CHANGES_ATTRIBUTE: [change.value for change in (Change.BROKEN, Change.FIXED, Change.STILL_FAILING)]
    }
    assert {change.value for change in Change} == set(event["Properties"]["FilterPolicy"][CHANGES_ATTRIBUTE])


def test_it_shows_broadcast_every_event() -> None:
    (event,) = FUNCTIONS["BroadcastFunction"]["Properties"]["Events"].values()
    assert "FilterPolicy" not in event["Properties"]


def test_it_sets_aside_what_cannot_be_processed() -> None:
    aside = {"Fn::GetAtt": "SetAsideQueue.Arn"}
    for stream in STREAMS.values():
        assert stream["Properties"]["DestinationConfig"]["OnFailure"]["Destination"] == aside
    for name in ("BroadcastFunction", "AlertsFunction", "ReconcileFunction"):
        invoked = FUNCTIONS[name]["Properties"]["EventInvokeConfig"]
        assert invoked["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": aside}


@pytest.mark.parametrize("stream", STREAMS)
def test_it_repeats_a_failed_batch_whole_and_not_for_ever(stream: str) -> None:
    """The function raises; a partial answer would be needed to be told which records to repeat."""
    properties = STREAMS[stream]["Properties"]
    assert "FunctionResponseTypes" not in properties
    assert properties["BisectBatchOnFunctionError"] is True
    assert 0 < properties["MaximumRetryAttempts"] < 100
    assert 0 < properties["MaximumRecordAgeInSeconds"] <= 6 * 3600


def test_it_serves_the_routes_of_the_api_and_no_other() -> None:
    code = "".join((ROOT / "functions/metrics" / name).read_text() for name in ("api.py", "outputs.py"))
    served = set(re.findall(r'@(?:app|router)\.get\(\s*"([^"]+)"', code))
    events = FUNCTIONS["ApiFunction"]["Properties"]["Events"].values()
    routed = {event["Properties"]["Path"] for event in events} - {"/openapi.json"}  # FastAPI's own
    assert {event["Properties"]["Method"] for event in events} == {"GET"}
    greedy = {path.partition("{")[0] for path in routed if "+}" in path}
    assert {generic(path, greedy) for path in routed} == {generic(path, greedy) for path in served}


def generic(path: str, greedy: set[str]) -> str:
    """A route whatever its parameters are called; all that is below a greedy one is that one."""
    below = next((prefix for prefix in greedy if path.startswith(prefix)), None)
    return f"{below}{{}}" if below else re.sub(r"{[^}]+}", "{}", path)


def code(name: str) -> Path:
    return ROOT / str(FUNCTIONS[name]["Properties"]["CodeUri"])


def words(folder: Path) -> set[str]:
    text = " ".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    return {word.lower() for word in re.findall(r"\w+", text)}


def told(function: dict[str, Any]) -> dict[str, Any]:
    variables: dict[str, Any] = function["Properties"]["Environment"]["Variables"]
    return variables


def references(value: Any) -> list[str]:
    """Every parameter or resource that a part of the template refers to."""
    if isinstance(value, dict):
        named = (
            [str(value["Ref"])] if "Ref" in value else re.findall(r"\${(\w+)", str(value.get("Fn::Sub", "")))
        )
        return [*named, *(found for inner in value.values() for found in references(inner))]
    return [found for inner in value for found in references(inner)] if isinstance(value, list) else []


def test_it_deploys_nothing_to_fetch_with_until_there_is_a_source() -> None:
    template = load()
    assert template["Resources"]["ReconcileFunction"]["Condition"] == "HasSources"
    assert set(references(template["Conditions"]["HasSources"])) == {
        "ReconcileGitHubRepos",
        "ReconcileGitHubOrgs",
        "ReconcileJenkinsUrls",
    }
    for name in ("ReconcileGitHubRepos", "ReconcileGitHubOrgs", "ReconcileJenkinsUrls"):
        assert template["Parameters"][name]["Default"] == ""


def test_it_looks_as_often_as_the_flow_counts_on() -> None:
    (event,) = FUNCTIONS["ReconcileFunction"]["Properties"]["Events"].values()
    assert (event["Type"], event["Properties"]["Schedule"]) == (
        "Schedule",
        f"rate({PERIOD // 60_000} minutes)",
    )
