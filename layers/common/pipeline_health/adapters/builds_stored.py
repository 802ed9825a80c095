"""The builds table, read for certain: what is stored at this moment, by key or pipeline after pipeline."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pipeline_health.adapters import keys
from pipeline_health.adapters.build_items import build_from, from_image
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.domain.build import Build
from pipeline_health.domain.ledger import Stored
from pipeline_health.flows.aggregation import Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_KEY: Final = "pk, sk, expires_at"
# News stays on a job that runs; it is looked at as well, which changes nothing.
_UNCOUNTED: Final = {"ProjectionExpression": "pk", "FilterExpression": "attribute_exists(news)"}


class StoredBuilds:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, build_id: str) -> Build | None:
        key = to_item(keys.build_key_of(build_id))
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
            if pipeline_id not in seen and not keys.is_of_jobs(pipeline_id):
                seen.add(pipeline_id)
                yield pipeline_id

    def waiting_for_jobs(self) -> Iterator[Record]:
        """A record, as the stream would bring it, of each attempt of a run with a job that is not counted."""
        runs = {keys.run_of_jobs(item["pk"]["S"]) for item in self._pages("scan", _UNCOUNTED)}
        ask = {"ProjectionExpression": _KEY, "FilterExpression": "attribute_exists(build)"}
        for item in self._pages("scan", ask) if runs else ():
            if keys.run_of_build(item["pk"]["S"], item["sk"]["S"]) in runs:
                yield _as_new(item)

    def runs(self, pipeline_id: str) -> dict[str, list[Record]]:
        """Each run that may have jobs, with such a record of each of its attempts."""
        ask = {"KeyConditionExpression": "pk = :pk", "ProjectionExpression": _KEY, "ConsistentRead": True}
        found: dict[str, list[Record]] = {}
        for item in self._pages("query", {**ask, "ExpressionAttributeValues": to_item({":pk": pipeline_id})}):
            if run_id := keys.run_of_build(pipeline_id, item["sk"]["S"]):
                found.setdefault(run_id, []).append(_as_new(item))
        return found

    def _pages(self, operation: str, ask: dict[str, Any]) -> Iterator[Item]:
        pages = self._client.get_paginator(operation)  # type: ignore[call-overload]  # two of its literals
        for page in pages.paginate(TableName=self._table, **ask):
            yield from page["Items"]


def _as_new(item: Item) -> Record:
    """As the stream brings a build's first revision."""
    return {"eventName": "INSERT", "dynamodb": {"NewImage": {**item, "revision": {"N": "1"}}}}


def stored_from(record: Record) -> Stored | None:
    """The build behind a stream record; None of a job, and of a removal: what expires stays counted."""
    if record["eventName"] == "REMOVE" or keys.is_of_jobs(record["dynamodb"]["NewImage"]["pk"]["S"]):
        return None
    return Stored(*from_image(record["dynamodb"]["NewImage"]))
