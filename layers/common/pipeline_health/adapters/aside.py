"""The table of records that could not be counted: kept whole, with reason and time, to be replayed.

Each function that reads the stream has a partition of its own there, its source.
"""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from pipeline_health.adapters.dynamodb import from_item, to_item
from pipeline_health.domain.build import digest
from pipeline_health.domain.times import format_instant
from pipeline_health.flows.aggregation import Record
from pipeline_health.flows.replay import Kept

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SOURCE: Final = "builds-stream"
JOBS: Final = "jobs"  # the same stream, as the jobs function reads it


class SetAsideTable:
    def __init__(
        self, client: "DynamoDBClient", table: str, clock: Callable[[], int], source: str = SOURCE
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._source = source

    def keep(self, record: Record, reason: str) -> None:
        """Its key comes from the record alone, so that a batch brought again keeps nothing twice; the time is
        that of the first."""
        body = json.dumps(record, default=str)
        sk = f"{_written(record)}#{digest(body)}"
        at = format_instant(self._clock())
        self._client.update_item(
            TableName=self._table,
            Key=to_item({"pk": self._source, "sk": sk}),
            UpdateExpression="SET reason = :reason, #record = :record,"
            " set_aside_at = if_not_exists(set_aside_at, :at)",
            ExpressionAttributeNames={"#record": "record"},
            ExpressionAttributeValues=to_item({":reason": reason, ":record": body, ":at": at}),
        )

    def all(self) -> Iterator[Kept]:
        """Oldest first."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": self._source}),
            ConsistentRead=True,
        )
        for page in pages:
            for item in map(from_item, page["Items"]):
                yield Kept(item["sk"], json.loads(item["record"]), item["reason"])

    def remove(self, name: str) -> None:
        self._client.delete_item(TableName=self._table, Key=to_item({"pk": self._source, "sk": name}))


def _written(record: Record) -> str:
    """When the stream says that it was written, as text that sorts; zeros where it does not say."""
    change = record.get("dynamodb") if isinstance(record, dict) else None
    seconds = change.get("ApproximateCreationDateTime") if isinstance(change, dict) else None
    return f"{int(seconds) if isinstance(seconds, int | float) else 0:012d}"
