"""The builds table, read for certain: what is stored at this moment, by key or pipeline after pipeline."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipeline_health.adapters.builds import build_from, from_image
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.keys import build_key_of
from pipeline_health.domain.build import Build
from pipeline_health.domain.ledger import Stored

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class StoredBuilds:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, build_id: str) -> Build | None:
        key = to_item(build_key_of(build_id))
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return build_from(answer["Item"]) if "Item" in answer else None

    def of(self, pipeline_id: str) -> Iterator[Stored]:
        """Every build of one pipeline."""
        condition = "pk = :pk"
        values = to_item({":pk": pipeline_id})
        ask = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values}
        for item in self._pages("query", {**ask, "ConsistentRead": True}):
            yield Stored(*from_image(item))

    def pipelines(self) -> Iterator[str]:
        """The id of every pipeline with a build, once each. Reads the keys of the whole table, by a scan."""
        seen: set[str] = set()
        ask = {"ProjectionExpression": "pk", "ConsistentRead": True}
        for item in self._pages("scan", ask):
            pipeline_id = item["pk"]["S"]
            if pipeline_id not in seen:
                seen.add(pipeline_id)
                yield pipeline_id

    def _pages(self, operation: str, ask: dict[str, Any]) -> Iterator[Item]:
        pages = self._client.get_paginator(operation)  # type: ignore[call-overload]  # two of its literals
        for page in pages.paginate(TableName=self._table, **ask):
            yield from page["Items"]
