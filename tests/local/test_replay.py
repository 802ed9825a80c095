"""`make replay` takes from the queue what it could process, and nothing else."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from local.replay import _call_again, from_queue
from pipeline_health.adapters.builds_stored import StoredBuilds
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.ledger import Stored
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation
from pipeline_health.flows.recount import recount
from tests.counting import DEFAULTS, MemoryAside, MemoryBuilds, MemoryCounts, MemoryTopic, expected_totals
from tests.flows.test_aggregate import _read, a_build, sent

EVENT = {"Records": [{"Sns": {"Message": "{}"}}]}
FAILURE = {
    "requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:1:function:alerts:$LATEST"},
    "requestPayload": EVENT,
}


class Functions:
    """Lambda with one function, that fails or not."""

    def __init__(self, *, fails: bool = False) -> None:
        self.called: list[tuple[str, Any]] = []
        self.error = {"FunctionError": "Unhandled"} if fails else {}

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.called.append((FunctionName, json.loads(Payload)))
        return {"Payload": io.BytesIO(b'{"errorType": "Untold"}'), **self.error}


def test_it_calls_a_function_again_with_the_event_it_failed_on() -> None:
    functions = Functions()
    assert _call_again(functions, FAILURE) is None
    assert functions.called == [("arn:aws:lambda:eu-west-1:1:function:alerts", EVENT)]
    assert _call_again(Functions(fails=True), FAILURE) == "alerts failed again: Untold"


def test_it_removes_what_it_processed_and_keeps_the_rest(dynamodb: DynamoDBClient) -> None:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="aside")["QueueUrl"]
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"number": number}))
    done, left = from_queue(sqs, url, lambda failure: "bad" if failure["number"] == 5 else None)
    assert (done, len(left)) == (11, 1)
    waiting = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    assert waiting["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"


class Listed:
    """The builds table, whole."""

    def __init__(self, builds: list[Build]) -> None:
        self.builds = builds

    def pipelines(self) -> Iterator[str]:
        yield from dict.fromkeys(build.pipeline_id for build in self.builds)

    def of(self, pipeline_id: str) -> Iterator[Stored]:
        return (Stored(build, 1) for build in self.builds if build.pipeline_id == pipeline_id)


@pytest.mark.parametrize("seen", [0, 1, 7])
def test_it_counts_what_the_stream_gave_up_and_tells_of_that_alone(seen: int) -> None:
    counts, topic = MemoryCounts(), MemoryTopic()
    to = Aggregation(counts, MemoryBuilds(), topic, MemoryAside(), _read, lambda _: None, DEFAULTS)
    builds = [
        a_build(n, [Status.SUCCESS, Status.FAILURE][n % 2], pipeline_id=f"github.1.{n % 2}")
        for n in range(1, 9)
    ]
    aggregate(sent(builds[:seen]), to)
    told = len(topic.told)
    assert recount(Listed(builds), to) == len(builds) - seen
    assert {event.build.id for event in topic.told[told:]} == {build.id for build in builds[seen:]}
    assert counts.totals == expected_totals(builds)
    assert recount(Listed(builds), to) == 0


def test_it_reads_every_build_of_every_pipeline(dynamodb: DynamoDBClient) -> None:
    from tests.reading import store

    builds = [a_build(n, pipeline_id=f"github.1.{n % 3}") for n in range(1, 8)]
    store(dynamodb, *builds)
    table = StoredBuilds(dynamodb, "BuildsTable")
    assert sorted(table.pipelines()) == ["github.1.0", "github.1.1", "github.1.2"]
    assert {stored.build.id for id_ in table.pipelines() for stored in table.of(id_)} == {
        build.id for build in builds
    }
    found = table.get(builds[0].id)
    assert found
    assert found.id == builds[0].id
    assert table.get("github.1.0.999.1") is None
