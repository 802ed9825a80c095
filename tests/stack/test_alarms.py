"""An alarm watches what a function says, by its very name, and whoever is named hears of it."""

import importlib.util
import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from tests.functions.test_reconcile import Context
from tests.template import ROOT, load, resources

NAMESPACE = "PipelineHealth/dev"
OURS = {"Fn::Sub": "PipelineHealth/${AWS::StackName}"}
ALARMS = {name: alarm["Properties"] for name, alarm in resources("AWS::CloudWatch::Alarm").items()}
ON_OUR_METRICS = [name for name, alarm in ALARMS.items() if alarm["Namespace"] == OURS]
Told = tuple[str, str, dict[str, str]]  # namespace, metric, dimensions


@pytest.mark.parametrize("name", ON_OUR_METRICS)
def test_it_watches_a_metric_that_a_function_emits_when_there_is_trouble(
    name: str,
    dynamodb: DynamoDBClient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alarm = ALARMS[name]
    watched = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    TROUBLES[watched["service"]](monkeypatch)
    values = [value for told, value in emitted(capsys) if told == (NAMESPACE, alarm["MetricName"], watched)]
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert values
    assert max(values) > alarm["Threshold"]


def test_it_watches_what_aws_itself_says_of_resources_of_this_stack() -> None:
    known = {"SomethingSetAside": ("AWS/SQS", "QueueName"), "RequestsFail": ("AWS/ApiGateway", "ApiId")}
    assert known.keys() == ALARMS.keys() - set(ON_OUR_METRICS)
    for name, (namespace, dimension) in known.items():
        (watched,) = ALARMS[name]["Dimensions"]
        assert (ALARMS[name]["Namespace"], watched["Name"]) == (namespace, dimension)
        assert watched["Value"].keys() <= {"Ref", "Fn::GetAtt"}


@pytest.mark.parametrize("name", ALARMS)
def test_it_tells_whoever_is_named_of_every_alarm(name: str) -> None:
    told = {"Fn::If": ["HasAlarmEmail", [{"Ref": "AlarmsTopic"}], {"Ref": "AWS::NoValue"}]}
    assert ALARMS[name]["AlarmActions"] == told


def test_it_makes_no_topic_for_nobody() -> None:
    template = load()
    topic = template["Resources"]["AlarmsTopic"]
    assert template["Parameters"]["AlarmEmail"]["Default"] == ""
    assert template["Conditions"]["HasAlarmEmail"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]
    }
    assert topic["Condition"] == template["Outputs"]["AlarmsTopicArn"]["Condition"] == "HasAlarmEmail"
    assert topic["Properties"]["Subscription"] == [{"Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}]


def started(monkeypatch: pytest.MonkeyPatch, function: str, **said: str) -> ModuleType:
    """A function's module as Lambda loads it: powertools reads what the template says when it is imported."""
    template = load()
    properties = template["Resources"][function]["Properties"]
    ours = (
        template["Globals"]["Function"]["Environment"]["Variables"] | properties["Environment"]["Variables"]
    )
    for name, value in (ours | {"POWERTOOLS_METRICS_NAMESPACE": NAMESPACE} | said).items():
        if isinstance(value, str):  # and no Ref
            monkeypatch.setenv(name, value)
    file = properties["Handler"].split(".")[0]
    spec = importlib.util.spec_from_file_location(function, ROOT / properties["CodeUri"] / f"{file}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def a_record_that_cannot_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "BUILDS_TABLE": "BuildsTable",
        "METRICS_TABLE": "MetricsTable",
        "SET_ASIDE_TABLE": "SetAsideTable",
    }
    said = {
        **names,
        "EVENTS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:events",
        "DEFAULT_BRANCHES": "main",
    }
    function = started(monkeypatch, "AggregateFunction", **said)
    function.handler({"Records": [{"eventName": "INSERT", "dynamodb": {}}]}, Context())


def a_job_that_cannot_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {"BUILDS_TABLE": "BuildsTable", "METRICS_TABLE": "MetricsTable"}
    said = {**tables, "SET_ASIDE_TABLE": "SetAsideTable", "RETENTION_DAYS": "400"}
    function = started(monkeypatch, "JobsFunction", **said)
    function.handler({"Records": [{"eventName": "INSERT", "dynamodb": {}}]}, Context())


def a_source_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"BUILDS_TABLE": "BuildsTable", "RETENTION_DAYS": "400", "RECONCILE_SECRET_ARN": ""}
    sources = {"RECONCILE_JENKINS_URLS": "http://127.0.0.1:1/", "ALLOW_INSECURE_RECEIVERS": "on"}
    function = started(monkeypatch, "ReconcileFunction", **said, **sources)
    function.handler({}, Context())


TROUBLES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "aggregate": a_record_that_cannot_be_counted,
    "jobs": a_job_that_cannot_be_counted,
    "reconcile": a_source_that_is_not_there,
}


def emitted(capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[Told, float]]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html"""
    lines: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in lines:
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for dimensions in directive["Dimensions"]:
                for metric in directive["Metrics"]:
                    named = {dimension: line[dimension] for dimension in dimensions}
                    yield (directive["Namespace"], metric["Name"], named), max(line[metric["Name"]])


def test_functions_and_alarms_speak_of_this_stack_alone() -> None:
    variables = load()["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == OURS
    watched = [alarm["Namespace"] for alarm in ALARMS.values()]
    assert all(namespace == OURS or namespace.startswith("AWS/") for namespace in watched)


def test_nobody_but_cloudwatch_may_ring() -> None:
    (policy,) = (
        p for p in resources("AWS::SNS::TopicPolicy").values() if "HasAlarmEmail" in p.get("Condition", "")
    )
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("sns:Publish", {"Ref": "AlarmsTopic"})
