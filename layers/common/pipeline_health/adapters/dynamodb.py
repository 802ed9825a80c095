"""DynamoDB's wire form of items and back, whole numbers as int, and the client all tables share."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from pipeline_health.adapters import aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]  # {"name": {"S": "value"}}


def to_item(values: Mapping[str, Any]) -> Item:
    """TypeError on what we never store: a fraction, a set, bytes."""
    return {name: _to_attribute(value) for name, value in values.items()}


def _to_attribute(value: Any) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case dict():
            return {"M": to_item(value)}
        case list() | tuple():
            return {"L": [_to_attribute(each) for each in value]}
    raise TypeError(f"{type(value).__name__} has no place in a table")


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _from_attribute(attribute) for name, attribute in item.items()}


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    """Numbers as int: we store no others."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return int(value)
        case "NULL":
            return None
        case "M":
            return from_item(value)
        case "L":
            return [_from_attribute(each) for each in value]
    raise TypeError(f"an attribute of type {kind} is none of ours")


@cache
def client() -> "DynamoDBClient":
    """One client a process. Short time limits: a sender waits 10 s at most, and a retry is cheap."""
    config = Config(
        connect_timeout=1, read_timeout=2, retries={"mode": "standard", "max_attempts": 3}, tcp_keepalive=True
    )
    return aws.client("dynamodb", config)
