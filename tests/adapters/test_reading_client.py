"""What the API's own client makes of DynamoDB's answers."""

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import reading_client as module
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.reading_client import reading_client

KEY = {"pk": "a", "sk": "b"}


def put(client: DynamoDBClient, number: int) -> None:
    client.put_item(TableName="MetricsTable", Item=to_item({**KEY, "success": number}))


def read() -> object:
    return reading_client().get_item(TableName="MetricsTable", Key=to_item(KEY))["Item"]


def test_the_same_answer_is_taken_apart_once(dynamodb: DynamoDBClient) -> None:
    put(dynamodb, 1)
    first = read()
    assert read() is first
    put(dynamodb, 2)
    assert read() == to_item({**KEY, "success": 2})


def test_a_large_answer_is_not_remembered(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE", 10)
    put(dynamodb, 3)
    first = read()
    assert read() == first
    assert read() is not first
