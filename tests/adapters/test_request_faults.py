"""Whatever request to DynamoDB fails, before or after its effect: brought again, everything ends the same."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters.builds import DynamoBuilds
from pipeline_health.adapters.counts import CountsTable
from pipeline_health.domain.build import Sighting, Status, version_of
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation
from pipeline_health.flows.ingest import Result, Unavailable
from tests.adapters.test_rebuild import contents
from tests.counting import DEFAULTS, MemoryAside, MemoryBuilds, MemoryTopic
from tests.flows.test_aggregate import START, _read, a_build, sent

OPERATIONS = 6  # of BATCH: its card, the rest, the neighbourhood in three, the transaction
HISTORY = sent([a_build(10), a_build(20), a_build(30)])
BATCH = sent([a_build(15, Status.FAILURE, run="late"), a_build(40, Status.FAILURE)])


class Died(BaseException):
    """The end of the process."""


def refused(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Any")


FAULTS: dict[str, Callable[[], BaseException]] = {
    "throttled": lambda: refused("ProvisionedThroughputExceededException", 400),
    "5xx": lambda: refused("InternalServerError", 500),
    "timeout": lambda: ReadTimeoutError(endpoint_url="x"),
    "death": Died,
}


class Trouble:
    """Raises once, at the chosen request."""

    def __init__(self, client: DynamoDBClient, request: int, when: str, fault: Callable[[], BaseException]):
        self.requests, self._chosen, self._fault, self._client = 0, request, fault, client
        self._hook = f"{when}-call.dynamodb.*"
        client.meta.events.register(self._hook, self._meet, unique_id="trouble")

    def _meet(self, **_: Any) -> None:
        self.requests += 1
        if self.requests == self._chosen:
            raise self._fault()

    def end(self) -> None:
        self._client.meta.events.unregister(self._hook, unique_id="trouble")


def flow(client: DynamoDBClient) -> Aggregation:
    table = CountsTable(client, "MetricsTable")
    return Aggregation(table, MemoryBuilds(), MemoryTopic(), MemoryAside(), _read, lambda _: None, DEFAULTS)


def test_a_batch_makes_as_many_requests_as_are_broken_below(dynamodb: DynamoDBClient) -> None:
    aggregate(HISTORY, flow(dynamodb))
    trouble = Trouble(dynamodb, 0, "before", Died)
    aggregate(BATCH, flow(dynamodb))
    assert trouble.requests == OPERATIONS


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_request_that_fails_changes_nothing_in_the_end(
    dynamodb: DynamoDBClient, fault: str, when: str
) -> None:
    aggregate(HISTORY, flow(dynamodb))
    clean = snapshot(dynamodb)
    aggregate(BATCH, flow(dynamodb))
    expected = contents(dynamodb)
    for request in count(1):
        restore(dynamodb, clean)
        trouble = Trouble(dynamodb, request, when, FAULTS[fault])
        with suppress(ClientError, ReadTimeoutError, Died):
            aggregate(BATCH, flow(dynamodb))
        trouble.end()
        if trouble.requests < request:
            break
        aggregate(BATCH, flow(dynamodb))
        assert contents(dynamodb) == expected


def snapshot(client: DynamoDBClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.scan(TableName="MetricsTable")["Items"]
    return items


def restore(client: DynamoDBClient, items: list[dict[str, Any]]) -> None:
    for item in client.scan(TableName="MetricsTable")["Items"]:
        client.delete_item(TableName="MetricsTable", Key={name: item[name] for name in ("pk", "sk")})
    for item in items:
        client.put_item(TableName="MetricsTable", Item=item)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_delivery_is_stored_once_though_its_only_request_failed(
    dynamodb: DynamoDBClient, fault: str, when: str
) -> None:
    build = a_build(1)
    version = version_of(build.status, webhook=True, phase=0, sent_at=START, body=b"")
    table = DynamoBuilds(dynamodb, "BuildsTable", 400)
    trouble = Trouble(dynamodb, 1, when, FAULTS[fault])
    with pytest.raises(Died if fault == "death" else Unavailable):
        table.record(Sighting(build=build, version=version), START)
    trouble.end()
    answer = table.record(Sighting(build=build, version=version), START)
    assert answer.result is (Result.UNCHANGED if when == "after" else Result.CREATED)
    (item,) = dynamodb.scan(TableName="BuildsTable")["Items"]
    assert item["revision"] == {"N": "1"}
