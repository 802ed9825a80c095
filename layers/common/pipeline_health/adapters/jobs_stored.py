"""What the jobs function reads and writes: a run's jobs, when the first of them started, their numbers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from pipeline_health.adapters import keys
from pipeline_health.adapters.counts import meaning
from pipeline_health.adapters.dynamodb import Item, from_item, to_item
from pipeline_health.adapters.job_items import job_from
from pipeline_health.adapters.outage import Busy
from pipeline_health.domain.jobs import CountedJob, JobMoves, Place, moved
from pipeline_health.domain.packing import packed
from pipeline_health.flows.jobs import Attempt, KnownJob, KnownRun, News

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef as Action

_COUNTED: Final = TypeAdapter(CountedJob)
_PUTS: Final = 25  # the most that one BatchWriteItem takes
_TRIES: Final = 5  # of what a busy table leaves undone; then the batch comes again
_START: Final = "SET first_job_at = :at, updated_at = :now ADD revision :one"
_NEW_START: Final = "attribute_exists(pk) AND (attribute_not_exists(first_job_at) OR first_job_at <> :at)"
_NO_START: Final = "SET updated_at = :now REMOVE first_job_at ADD revision :one"


def news_from(record: Mapping[str, Any]) -> News | None:
    """What a record of the builds table's stream says of jobs; None of most. A build's first revision says
    which pipeline its run belongs to.
    """
    if record["eventName"] == "REMOVE":
        return None
    image = record["dynamodb"]["NewImage"]
    pk, sk = image["pk"]["S"], image["sk"]["S"]
    if keys.is_of_jobs(pk):
        return News(keys.run_of_jobs(pk), int(sk.split(".")[0])) if "news" in image else None
    run_id = keys.run_of_build(pk, sk) if image["revision"]["N"] == "1" else None
    return News(run_id, int(sk.split(".")[1]), pk, int(image["expires_at"]["N"])) if run_id else None


class JobsTable:
    def __init__(self, client: "DynamoDBClient", builds: str, metrics: str) -> None:
        self._client = client
        self._builds = builds
        self._metrics = metrics

    def belong(self, runs: Iterable[News]) -> None:
        """In few requests, since every build of GitHub's comes by here, with jobs or without."""
        puts: list[Any] = [{"PutRequest": {"Item": _belonging(news)}} for news in runs]
        for start in range(0, len(puts), _PUTS):
            self._put(puts[start : start + _PUTS])

    def _put(self, puts: list[Any]) -> None:
        for _ in range(_TRIES):
            answer = self._client.batch_write_item(RequestItems={self._builds: puts})
            puts = answer.get("UnprocessedItems", {}).get(self._builds, [])
            if not puts:
                return
        raise Busy

    def known(self, run_id: str) -> KnownRun:
        """Consistent, so that of a run's pipeline and its jobs whoever reads last sees both."""
        items = {item["sk"]["S"]: item for item in self._query(keys.jobs_partition(run_id))}
        run = items.pop(keys.JOBS_RUN, None)
        jobs = tuple(_known(item) for item in items.values())
        return KnownRun(run_id, run["pipeline_id"]["S"] if run else None, jobs)

    def _query(self, partition: str) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._builds,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": partition}),
            ConsistentRead=True,
        )
        return (item for page in pages for item in page["Items"])

    def start(self, attempt: Attempt, at: int | None, now: int) -> bool:
        expression, condition = (_START, _NEW_START) if at else (_NO_START, "attribute_exists(first_job_at)")
        values = {":now": now, ":one": 1, **({":at": at} if at else {})}
        try:
            self._client.update_item(
                TableName=self._builds,
                Key=to_item(keys.build_key_of(attempt.build_id)),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=to_item(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def count(self, jobs: Sequence[tuple[KnownJob, CountedJob]]) -> None:
        moves = moved((known.counted, counted) for known, counted in jobs)
        self._transact([self._settled(*each) for each in jobs] + list(self._moved(moves)))

    def _transact(self, actions: list["Action"]) -> None:
        try:
            self._client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            raise meaning(error) from error

    def _settled(self, known: KnownJob, counted: CountedJob) -> "Action":
        """Counted as it was read, and not by anyone else meanwhile."""
        return {
            "Update": {
                "TableName": self._builds,
                "Key": to_item(keys.job_key(known.job)),
                "UpdateExpression": "SET counted = :counted REMOVE news",
                "ConditionExpression": "version = :version AND attribute_exists(news)",
                "ExpressionAttributeValues": to_item(
                    {
                        ":counted": _COUNTED.dump_python(counted, mode="json", exclude_none=True),
                        ":version": known.version,
                    }
                ),
            }
        }

    def _moved(self, moves: JobMoves) -> Iterator["Action"]:
        for place, counters in moves.items():
            yield move_action(keys.jobs_day_key(place), named(place), packed(counters), self._metrics)


def _known(item: Item) -> KnownJob:
    counted = _COUNTED.validate_python(from_item(item["counted"]["M"])) if "counted" in item else None
    return KnownJob(job_from(item), item["version"]["S"], counted, is_news="news" in item)


def named(place: Place) -> dict[str, Any]:
    return {"job": place.job, **({"step": place.step, "number": place.number} if place.step else {})}


def move_action(
    key: Mapping[str, str], names: Mapping[str, Any], counters: Mapping[str, int], table: str
) -> "Action":
    said = {**names, **counters, "revision": 1}
    sets = ", ".join(f"#{n} = :{n}" for n in range(len(names)))
    adds = ", ".join(f"#{n} :{n}" for n in range(len(names), len(said)))
    return {
        "Update": {
            "TableName": table,
            "Key": to_item(key),
            "UpdateExpression": f"SET {sets} ADD {adds}",
            "ExpressionAttributeNames": {f"#{n}": name for n, name in enumerate(said)},
            "ExpressionAttributeValues": to_item({f":{n}": value for n, value in enumerate(said.values())}),
        }
    }


def _belonging(news: News) -> Item:
    said = {"pipeline_id": news.pipeline_id, "expires_at": news.expires_at}
    return to_item({**keys.jobs_run_key(news.run_id), **said})
