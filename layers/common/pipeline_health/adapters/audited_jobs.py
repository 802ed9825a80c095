"""The numbers of jobs held against what was counted of the jobs: differences by item, mended where nobody has
moved the item since it was read.
"""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pipeline_health.adapters import keys
from pipeline_health.adapters.counts import Name
from pipeline_health.adapters.differences import differences, lines
from pipeline_health.adapters.dynamodb import Item, from_item, to_item
from pipeline_health.adapters.job_items import NO_COUNTERS
from pipeline_health.adapters.jobs_stored import JobsTable, move_action, named
from pipeline_health.adapters.transaction import delete_action
from pipeline_health.domain.jobs import JobMoves, Place
from pipeline_health.domain.packing import packed
from pipeline_health.flows.aggregation import Contended
from pipeline_health.flows.jobs import KnownJob
from pipeline_health.flows.rebuild_jobs import Mended

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef as Action

_SETTLED: Final = "version = :version AND attribute_not_exists(news)"


class AuditedJobs(JobsTable):
    def doubt(self, known: KnownJob) -> list[str]:
        key, others = keys.job_key(known.job), self._client.exceptions
        try:
            self._client.update_item(
                TableName=self._builds,
                Key=to_item(key),
                UpdateExpression="SET news = :news",
                ConditionExpression=_SETTLED,
                ExpressionAttributeValues=to_item({":news": "1", ":version": known.version}),
            )
        except (others.ConditionalCheckFailedException, others.TransactionConflictException):
            return []  # it has just been corrected: what comes of that is counted
        return [f"{key['pk']} {key['sk']}"]

    def numbers(self, pipeline_id: str, first: int) -> dict[Name, Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._metrics,
            KeyConditionExpression="pk = :pk AND sk >= :first",
            ExpressionAttributeValues=to_item(
                {":pk": keys.jobs_days(pipeline_id), ":first": keys.day_name(first)}
            ),
            ConsistentRead=True,
        )
        return {_name(item): item for page in pages for item in page["Items"]}

    def mend(self, should: JobMoves, there: Mapping[Name, Item]) -> Mended:
        places = {_key_of(place): place for place in should}
        right = {key: packed(should[place]) for key, place in places.items()}
        found = differences(right, {key: _counters(item) for key, item in there.items()})
        mended = Mended()
        for key, counters in found.items():
            try:
                self._transact([self._mending(key, counters, places.get(key), there.get(key, {}))])
            except Contended:
                mended.moved += 1
            else:
                mended.differences += lines({key: counters})
        return mended

    def _mending(self, key: Name, counters: Mapping[str, int], place: Place | None, read: Item) -> "Action":
        """What has no name nobody of ours has written, and nobody could read; any other item stays for ever,
        so that its revision only grows.
        """
        names = named(place) if place else _names(read)
        if not names:
            return _unmoved(delete_action(_plain(key), self._metrics), read)
        return _unmoved(move_action(_plain(key), names, counters, self._metrics), read)


def _unmoved(action: Any, read: Item) -> "Action":
    """Only while its revision is the one that was read."""
    (request,) = action.values()
    if revision := read.get("revision"):
        request["ConditionExpression"] = "revision = :read"
        request.setdefault("ExpressionAttributeValues", {})[":read"] = revision
    else:
        request["ConditionExpression"] = "attribute_not_exists(revision)"
    unmoved: Action = action
    return unmoved


def _key_of(place: Place) -> Name:
    key = keys.jobs_day_key(place)
    return key["pk"], key["sk"]


def _plain(key: Name) -> dict[str, str]:
    return {"pk": key[0], "sk": key[1]}


def _name(item: Item) -> Name:
    return item["pk"]["S"], item["sk"]["S"]


def _counters(item: Item) -> Counter[str]:
    return Counter({name: value for name, value in from_item(item).items() if name not in NO_COUNTERS})


def _names(item: Item) -> dict[str, Any]:
    return {name: value for name, value in from_item(item).items() if name in ("job", "step", "number")}
