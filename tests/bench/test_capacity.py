"""DynamoDB's rules for request units, as its guide says them."""

from typing import Any

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from bench.capacity import Meter, Spent
from bench.item_size import size
from pipeline_health.adapters.dynamodb import to_item

TABLE = "BuildsTable"  # with two indexes of chosen attributes
KEY = {"pk": "p", "sk": "s"}


@pytest.fixture
def client() -> Any:
    return boto3.client("dynamodb")


@pytest.fixture
def spent(dynamodb: DynamoDBClient, client: Any) -> Spent:
    return Meter(client, dynamodb).spent


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("näh", 4),
        (0, 1),
        (7, 2),
        (1200, 2),
        (12345, 4),
        (-12, 3),
        (True, 1),
        (None, 1),
        ([], 3),
        (["a", "bc"], 3 + 2 + 3),
        ({"a": "bc"}, 3 + 1 + 1 + 2),
    ],
)
def test_it_knows_how_long_a_value_is(value: Any, expected: int) -> None:
    assert size(to_item({"name": value})) == 4 + expected


def test_it_rounds_an_item_up_by_the_larger_of_before_and_after(client: Any, spent: Spent) -> None:
    client.put_item(TableName=TABLE, Item=to_item({**KEY, "logs": "x" * 1024}))
    assert (spent.writes, spent.items) == (2, 1)
    client.put_item(TableName=TABLE, Item=to_item(KEY))
    assert spent.writes == 4
    client.delete_item(TableName=TABLE, Key=to_item(KEY))
    assert spent.writes == 5


def test_it_writes_an_index_only_where_it_shows_what_changed(client: Any, spent: Spent) -> None:
    item = {**KEY, "half_year": "q", "at": "1", "build": "b", "logs": "l"}
    client.put_item(TableName=TABLE, Item=to_item(item))
    assert (spent.writes, spent.index_writes) == (3, 2)
    client.put_item(TableName=TABLE, Item=to_item({**item, "logs": "other"}))
    assert (spent.writes, spent.index_writes) == (4, 2)
    client.put_item(TableName=TABLE, Item=to_item({**item, "build": "other"}))
    assert (spent.writes, spent.index_writes) == (7, 4)
    client.put_item(TableName=TABLE, Item=to_item({**item, "build": "other", "at": "2"}))
    assert (spent.writes, spent.index_writes) == (12, 8)
    client.delete_item(TableName=TABLE, Key=to_item(KEY))
    assert (spent.writes, spent.index_writes) == (15, 10)


def test_a_transaction_doubles_the_table_and_not_its_indexes(client: Any, spent: Spent) -> None:
    item = to_item({**KEY, "half_year": "q", "at": "1"})
    client.transact_write_items(TransactItems=[{"Put": {"TableName": TABLE, "Item": item}}])
    assert (spent.writes, spent.index_writes, spent.items) == (4, 2, 1)


def test_a_write_that_is_refused_costs_one_too(client: Any, spent: Spent) -> None:
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(TableName=TABLE, Item=to_item(KEY), ConditionExpression="attribute_exists(pk)")
    assert (spent.writes, spent.requests) == (1, {"PutItem": 1})


def test_a_batch_of_writes_costs_what_its_items_cost(client: Any, spent: Spent) -> None:
    puts = [{"PutRequest": {"Item": to_item({**KEY, "sk": str(n)})}} for n in range(3)]
    client.batch_write_item(RequestItems={TABLE: puts})
    assert (spent.writes, spent.items, spent.sent) == (3, 3, 1)


def test_reads_are_rounded_up_together_in_a_query_and_each_in_a_batch(client: Any, spent: Spent) -> None:
    for n in range(3):
        client.put_item(TableName=TABLE, Item=to_item({**KEY, "sk": str(n), "logs": "x" * 2_000}))
    client.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=to_item({":pk": "p"}),
        ConsistentRead=True,
    )
    assert spent.reads == 2
    asked = [to_item({**KEY, "sk": str(n)}) for n in range(4)]
    client.batch_get_item(RequestItems={TABLE: {"Keys": asked}})
    assert spent.reads == 2 + 4 * 0.5
    client.get_item(TableName=TABLE, Key=to_item({"pk": "nobody", "sk": "s"}), ConsistentRead=True)
    assert spent.reads == 5
