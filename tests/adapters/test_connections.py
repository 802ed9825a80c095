"""Open connections in the table that template.yaml describes."""

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters.connections import ConnectionTable
from pipeline_health.domain.build import Status
from pipeline_health.domain.reader import Reader
from pipeline_health.domain.subscription import ALL, LIFETIME, Connection, Filter
from tests.live import NOW

SHOP = Filter(repo=("acme/shop",), status=(Status.FAILURE, Status.SUCCESS))


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> ConnectionTable:
    return ConnectionTable(dynamodb, "ConnectionsTable")


def test_it_remembers_an_open_connection(table: ConnectionTable) -> None:
    table.open(Connection("abc=", NOW))
    assert list(table.all()) == [Connection("abc=", NOW, ALL)]


def test_it_lets_a_forgotten_connection_expire(table: ConnectionTable, dynamodb: DynamoDBClient) -> None:
    table.open(Connection("abc=", NOW))
    (item,) = dynamodb.scan(TableName="ConnectionsTable")["Items"]
    assert item["expires_at"] == {"N": str((NOW + LIFETIME) // 1000)}


def test_it_replaces_the_filter_and_keeps_when_the_connection_opened(table: ConnectionTable) -> None:
    table.open(Connection("abc=", NOW))
    table.subscribe(Connection("abc=", NOW + 5_000, SHOP))
    assert list(table.all()) == [Connection("abc=", NOW, SHOP)]
    table.subscribe(Connection("abc=", NOW + 9_000, ALL))
    assert list(table.all()) == [Connection("abc=", NOW, ALL)]


@pytest.mark.parametrize("reader", [Reader("some digest"), Reader("another's", until=NOW + 1)])
def test_it_remembers_who_was_let_in_whatever_they_subscribe_to(
    table: ConnectionTable, reader: Reader
) -> None:
    table.open(Connection("abc=", NOW, reader=reader))
    table.subscribe(Connection("abc=", NOW + 5_000, SHOP))
    assert list(table.all()) == [Connection("abc=", NOW, SHOP, reader)]


def test_it_makes_the_record_again_for_one_that_subscribes_without(
    table: ConnectionTable, dynamodb: DynamoDBClient
) -> None:
    table.subscribe(Connection("abc=", NOW, SHOP))
    assert list(table.all()) == [Connection("abc=", NOW, SHOP)]
    (item,) = dynamodb.scan(TableName="ConnectionsTable")["Items"]
    assert item["expires_at"] == {"N": str((NOW + LIFETIME) // 1000)}


def test_it_forgets_a_connection_and_does_not_mind_when_it_is_not_there(table: ConnectionTable) -> None:
    table.open(Connection("abc=", NOW))
    table.open(Connection("def=", NOW))
    table.close("abc=")
    table.close("abc=")
    assert [each.id for each in table.all()] == ["def="]


def test_it_lists_more_connections_than_a_page_holds(table: ConnectionTable) -> None:
    large = Filter(repo=tuple(str(number) + "r" * 500 for number in range(7)))
    for number in range(320):  # 1.1 MB; a page ends at 1 MB
        table.open(Connection(f"c{number}", NOW, large))
    assert {each.id for each in table.all()} == {f"c{number}" for number in range(320)}


def test_it_tells_everything_to_one_whose_filter_it_cannot_read(
    table: ConnectionTable, dynamodb: DynamoDBClient
) -> None:
    table.open(Connection("abc=", NOW, SHOP))
    dynamodb.update_item(
        TableName="ConnectionsTable",
        Key={"pk": {"S": "abc="}},
        UpdateExpression="SET wants = :wants",
        ExpressionAttributeValues={":wants": {"S": '{"team": ["of a later version"]}'}},
    )
    assert list(table.all()) == [Connection("abc=", NOW, ALL)]
