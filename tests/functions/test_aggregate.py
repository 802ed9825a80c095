"""The aggregate function, called as the stream calls it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from functions.metrics import aggregate as function
from pipeline_health.adapters import dynamodb as dynamodb_adapter
from pipeline_health.adapters.aside import SetAsideTable
from pipeline_health.adapters.builds import DynamoBuilds
from pipeline_health.adapters.topic import MESSAGE_LIMIT, EventsTopic
from pipeline_health.domain.build import Build, Sighting, Status, version_of
from pipeline_health.domain.events import BuildEvent, BuildEvents
from tests.flows.test_aggregate import START, a_build

NOW = START + 7_200_000


class Context:
    """What powertools' Logger reads of Lambda's context."""

    function_name = "aggregate"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:aggregate"
    aws_request_id = "test"


@pytest.fixture
def queue(dynamodb: DynamoDBClient) -> str:
    """Where the topic's messages arrive, so that a test can read what was told."""
    return boto3.client("sqs").create_queue(QueueName="told")["QueueUrl"]


@pytest.fixture(autouse=True)
def environment(dynamodb: DynamoDBClient, queue: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    topic = boto3.client("sns").create_topic(Name="events")["TopicArn"]
    boto3.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:told"
    )
    monkeypatch.setenv("BUILDS_TABLE", "BuildsTable")
    monkeypatch.setenv("METRICS_TABLE", "MetricsTable")
    monkeypatch.setenv("EVENTS_TOPIC_ARN", topic)
    monkeypatch.setenv("SET_ASIDE_TABLE", "SetAsideTable")
    monkeypatch.setenv("DEFAULT_BRANCHES", "main,master")
    monkeypatch.setattr(dynamodb_adapter, "client", lambda: dynamodb)
    function.flow.cache_clear()
    yield
    function.flow.cache_clear()


def stream_record(client: DynamoDBClient, build: Build, event_name: str = "INSERT") -> dict[str, Any]:
    """Stores the build as ingest does and gives the record that the table's stream would."""
    version = version_of(build.status, webhook=True, phase=0, sent_at=NOW, body=build.id.encode())
    DynamoBuilds(client, "BuildsTable", 400).record(Sighting(build=build, version=version), NOW)
    key = {"pk": {"S": build.pipeline_id}, "sk": {"S": f"{build.run}.{build.attempt}"}}
    image = client.get_item(TableName="BuildsTable", Key=key)["Item"]
    return {
        "eventID": "1",
        "eventName": event_name,
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "Keys": key,
            "NewImage": image,
            "SequenceNumber": "1",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def call(*records: dict[str, Any]) -> None:
    function.handler({"Records": list(records)}, Context())


def received(queue: str) -> list[dict[str, Any]]:
    messages = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def test_it_tells_of_a_whole_batch_in_one_message(dynamodb: DynamoDBClient, queue: str) -> None:
    builds = [a_build(1), a_build(2, Status.FAILURE), a_build(3, Status.IN_PROGRESS)]
    call(*(stream_record(dynamodb, build) for build in builds))
    (message,) = received(queue)
    events = BuildEvents.model_validate_json(message["Message"]).events
    assert [(event.build.id, event.change) for event in events] == [
        (builds[0].id, None),
        (builds[1].id, "broken"),
        (builds[2].id, None),
    ]
    assert message["MessageAttributes"] == {"changes": {"Type": "String.Array", "Value": '["broken"]'}}


def test_it_tells_no_change_where_there_is_none(dynamodb: DynamoDBClient, queue: str) -> None:
    call(stream_record(dynamodb, a_build(1)))
    (message,) = received(queue)
    assert "MessageAttributes" not in message


def test_it_keeps_what_expires_counted(dynamodb: DynamoDBClient, queue: str) -> None:
    record = stream_record(dynamodb, a_build(1), event_name="REMOVE")
    del record["dynamodb"]["NewImage"]
    call(record)
    assert received(queue) == []
    assert dynamodb.scan(TableName="MetricsTable")["Count"] == 0


def test_it_sets_a_bad_record_aside_whole(dynamodb: DynamoDBClient, queue: str) -> None:
    good, bad = stream_record(dynamodb, a_build(1)), stream_record(dynamodb, a_build(2))
    bad["dynamodb"]["NewImage"]["build"]["M"]["status"] = {"S": "exploded"}
    call(bad, good)
    call(bad, good)
    (kept,) = SetAsideTable(dynamodb, "SetAsideTable", lambda: NOW).all()
    assert (kept.reason, kept.record) == ("unreadable: ValidationError", bad)
    message, _ = received(queue)
    assert len(BuildEvents.model_validate_json(message["Message"]).events) == 1


def test_it_raises_what_may_heal_so_that_the_batch_comes_again(dynamodb: DynamoDBClient) -> None:
    def fail(**_: Any) -> None:
        raise dynamodb.exceptions.InternalServerError(
            {"Error": {"Code": "InternalServerError"}}, "TransactWriteItems"
        )

    record = stream_record(dynamodb, a_build(1))
    dynamodb.meta.events.register("before-call.dynamodb.TransactWriteItems", fail)
    with pytest.raises(dynamodb.exceptions.InternalServerError):
        call(record)


def test_a_message_never_exceeds_what_sns_takes(queue: str) -> None:
    topic = boto3.client("sns").list_topics()["Topics"][0]["TopicArn"]
    long: dict[str, Any] = {
        "title": "ü" * 512,
        "actor": "ü" * 512,
        "commit": "ü" * 512,
        "url": "https://ci.example/" + "x" * 2000,
    }
    events = [BuildEvent(build=a_build(n, **long), revision=1) for n in range(100)]
    EventsTopic(boto3.client("sns"), topic).publish(events)
    messages = [message["Message"] for message in received(queue)]
    assert len(messages) > 1
    assert all(len(message.encode()) <= MESSAGE_LIMIT for message in messages)
    told = [event.build.id for m in messages for event in BuildEvents.model_validate_json(m).events]
    assert sorted(told) == sorted(event.build.id for event in events)
