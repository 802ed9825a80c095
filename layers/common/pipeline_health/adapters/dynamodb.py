"""DynamoDB's wire form of items and back, whole numbers as int, and the client all tables share."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]  # {"name": {"S": "value"}}


class _WholeNumbers(TypeDeserializer):
    """We store integers only; boto3 would give Decimal."""

    def _deserialize_n(self, value: str) -> int:
        return int(value)


_SERIALIZER = TypeSerializer()
_DESERIALIZER = _WholeNumbers()


def to_item(values: Mapping[str, Any]) -> Item:
    return {name: _to_attribute(value) for name, value in values.items()}


def _to_attribute(value: Any) -> dict[str, Any]:
    """Text, whole numbers and maps by hand: boto3 tries eight types on each, a tenth of a webhook's time."""
    if type(value) is str:
        return {"S": value}
    if type(value) is int:
        return {"N": str(value)}
    if type(value) is dict:
        return {"M": to_item(value)}
    serialized: dict[str, Any] = {**_SERIALIZER.serialize(value)}
    return serialized


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}


@cache
def client() -> "DynamoDBClient":
    """One client a process. Short time limits: a sender waits 10 s at most, and a retry is cheap."""
    config = Config(
        connect_timeout=1, read_timeout=2, retries={"mode": "standard", "max_attempts": 3}, tcp_keepalive=True
    )
    return boto3.client("dynamodb", config=config)
