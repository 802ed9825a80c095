"""The metrics table, read: pipeline cards, aggregates of hours and days, changes."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pipeline_health.adapters import keys
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.domain.build import Status
from pipeline_health.domain.named import Named, ids_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class MetricsReading:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def ids_of(self, pipeline: str, repo: str | None) -> Sequence[str]:
        """What no card names may be the id of a pipeline whose first build is being counted."""
        return ids_of(self.pipelines(), pipeline, repo) or [pipeline]

    def pipelines(self) -> Iterator[Named]:
        """All of them, by id."""
        return (_named(item) for item in self._cards() if "last" in item)

    def _cards(self) -> Iterator[Item]:
        ask: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": to_item({":pk": keys.CARDS}),
        }
        while ask:
            answer = self._client.query(**ask)
            yield from answer["Items"]
            start = answer.get("LastEvaluatedKey")
            ask = {**ask, "ExclusiveStartKey": start} if start else {}


def _named(item: Item) -> Named:
    """Read by hand: a card has far more, and a summary names a thousand pipelines."""
    build = item["last"]["M"]
    at = next(
        (
            int(build[time]["N"])
            for time in ("started_at", "queued_at", "completed_at", "created_at")
            if time in build
        ),
        0,
    )
    return Named(
        pipeline_id=item["sk"]["S"],
        provider=build["provider"]["S"],
        repo=build["repo"]["S"],
        name=build["pipeline"]["S"],
        status=Status(build["status"]["S"]),
        at=at,
    )
