"""Open WebSocket connections in DynamoDB: one small item each, gone by itself when it is forgotten."""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline_health.domain.reader import Reader
from pipeline_health.domain.subscription import ALL, Connection, Filter
from pipeline_health.domain.times import SECOND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ConnectionTable:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def open(self, connection: Connection) -> None:
        self._client.put_item(TableName=self._table, Item=to_item(connection))

    def subscribe(self, connection: Connection) -> None:
        """Replaces what it wants. One that sends is open, so a record that is not there is made again."""
        item = to_item(connection)
        self._client.update_item(
            TableName=self._table,
            Key={"pk": item["pk"]},
            UpdateExpression="SET wants = :wants, opened_at = if_not_exists(opened_at, :opened_at),"
            " expires_at = if_not_exists(expires_at, :expires_at)",
            ExpressionAttributeValues={
                ":wants": item["wants"],
                ":opened_at": item["opened_at"],
                ":expires_at": item["expires_at"],
            },
        )

    def close(self, connection_id: str) -> None:
        self._client.delete_item(TableName=self._table, Key={"pk": {"S": connection_id}})

    def all(self) -> Iterator[Connection]:
        """A scan: every one of them is wanted. Consistent, so that a page that just opened misses nothing."""
        scan = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        return (from_item(item) for page in scan for item in page["Items"])


def to_item(connection: Connection) -> dict[str, Any]:
    return {
        "pk": {"S": connection.id},
        "opened_at": {"N": str(connection.opened_at)},
        "expires_at": {"N": str(connection.expires_at // SECOND)},
        "wants": {"S": connection.wants.model_dump_json(exclude_defaults=True)},
        **reader_to_item(connection.reader),
    }


def from_item(item: dict[str, Any]) -> Connection:
    opened_at, wants = int(item["opened_at"]["N"]), _wants(item["wants"]["S"])
    return Connection(item["pk"]["S"], opened_at, wants, reader_from_item(item))


def reader_to_item(reader: Reader) -> dict[str, Any]:
    until = {} if reader.until is None else {"reader_until": {"N": str(reader.until)}}
    return {"pass_id": {"S": reader.pass_id}, **until}


def reader_from_item(item: dict[str, Any]) -> Reader:
    """Nobody where it is not said: then it is closed where readers are asked for something."""
    until = item.get("reader_until")
    return Reader(item.get("pass_id", {}).get("S", ""), int(until["N"]) if until else None)


@lru_cache(maxsize=1024)
def _wants(text: str) -> Filter:
    """A filter that another version of this code wrote and this one cannot read asks for everything:
    a page can leave out what it does not show, and one record must not stop a broadcast."""
    try:
        return Filter.model_validate_json(text)
    except ValidationError:
        return ALL
