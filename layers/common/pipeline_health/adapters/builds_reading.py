"""The builds table, read: newest first through its two indexes, or one build by its key."""

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pipeline_health.adapters.builds import build_from
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.keys import RECENT_SHARDS, build_key_of
from pipeline_health.domain.build import Build
from pipeline_health.domain.newest import Slice, Stretch, just_below

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FILTERED: Final = 1_000  # builds that one request looks at where a filter lets only some through
GETS: Final = 100  # the most that one BatchGetItem may ask for
_BUILD_ID: Final = re.compile(r"[A-Za-z0-9._~-]{1,200}\.[A-Za-z0-9_~-]{1,100}\.[0-9]{1,7}")
_NOTHING: Final = Slice([], None, 0)


@cache
def _side_by_side() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=RECENT_SHARDS, thread_name_prefix="read")


class BuildsReading:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def newest(self, month: str, stretch: Stretch, limit: int) -> Slice:
        """Its shards are asked side by side; only down to where all of them were looked at is it complete."""
        shards = [("recent", "month", f"{month}#{shard}") for shard in range(RECENT_SHARDS)]
        if stretch.empty:
            return _NOTHING
        answers = list(_side_by_side().map(lambda shard: self._query(shard, stretch, limit), shards))
        return _merged(answers)

    def newest_of(self, pipeline_id: str, stretch: Stretch, limit: int) -> Slice:
        partition = ("by_pipeline", "pk", pipeline_id)
        return _NOTHING if stretch.empty else _merged([self._query(partition, stretch, limit)])

    def _query(self, partition: tuple[str, str, str], stretch: Stretch, limit: int) -> Any:
        index, attribute, value = partition
        filters = _filter(stretch.filters)
        names = {"#partition": attribute, "#at": "at", **filters.pop("names", {})}
        bounds = {":floor": stretch.floor, ":upper": just_below(stretch.below)}
        values = {":partition": value, **bounds, **filters.pop("values", {})}
        return self._client.query(
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression="#partition = :partition AND #at BETWEEN :floor AND :upper",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=to_item(values),
            ScanIndexForward=False,
            Limit=FILTERED if stretch.filters else limit,
            **filters,
        )

    def get(self, build_id: str) -> Build | None:
        if not _BUILD_ID.fullmatch(build_id):
            return None
        answer = self._client.get_item(TableName=self._table, Key=to_item(build_key_of(build_id)))
        return build_from(answer["Item"]) if "Item" in answer else None

    def get_many(self, build_ids: Iterable[str]) -> dict[str, Build]:
        """Up to a hundred builds, in one request where storage is not busy; without those that are gone."""
        ask: Any = {self._table: {"Keys": [to_item(build_key_of(one)) for one in set(build_ids)]}}
        found: list[Build] = []
        while ask and ask[self._table]["Keys"]:
            answer = self._client.batch_get_item(RequestItems=ask)
            found += map(build_from, answer["Responses"].get(self._table, []))
            ask = answer.get("UnprocessedKeys")
        return {build.id: build for build in found}


def _filter(filters: Mapping[str, str]) -> dict[str, Any]:
    """FilterExpression on attributes of the build, with the names and values it refers to."""
    if not filters:
        return {}
    return {
        "FilterExpression": " AND ".join(f"#build.#{name} = :{name}" for name in filters),
        "names": {"#build": "build", **{f"#{name}": name for name in filters}},
        "values": {f":{name}": value for name, value in filters.items()},
    }


def _merged(answers: list[Any]) -> Slice:
    unfinished = [answer["LastEvaluatedKey"]["at"]["S"] for answer in answers if "LastEvaluatedKey" in answer]
    reached = max(unfinished, default=None)
    items = [item for answer in answers for item in answer["Items"] if item["at"]["S"] >= (reached or "")]
    items.sort(key=lambda item: item["at"]["S"], reverse=True)
    read = sum(answer["ScannedCount"] for answer in answers)
    return Slice([(item["at"]["S"], build_from(item)) for item in items], reached, read)
