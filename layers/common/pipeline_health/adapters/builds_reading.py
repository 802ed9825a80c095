"""The builds table, read: newest first through its two indexes, or one build by its key."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pipeline_health.adapters.build_items import build_from
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.job_items import job_from
from pipeline_health.adapters.keys import (
    build_key,
    build_key_of,
    jobs_partition,
    run_of_build,
)
from pipeline_health.adapters.table_reading import TableReading
from pipeline_health.domain.build import Build
from pipeline_health.domain.jobs import Job
from pipeline_health.domain.newest import Slice, Stretch, just_below

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FILTERED: Final = 1_000  # builds that one request looks at where a filter lets only some through
JOBS: Final = 500  # of one build
_BUILD_ID: Final = re.compile(r"[A-Za-z0-9._~-]{1,200}\.[A-Za-z0-9_~-]{1,100}\.[0-9]{1,7}")


class BuildsReading:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = TableReading(client, table)

    def newest(self, half_year: str, stretch: Stretch, limit: int) -> Slice[Build]:
        return self._slice(("recent", "half_year", half_year), stretch, limit)

    def newest_of(self, pipeline_id: str, stretch: Stretch, limit: int) -> Slice[Build]:
        return self._slice(("by_pipeline", "pk", pipeline_id), stretch, limit)

    def _slice(self, partition: tuple[str, str, str], stretch: Stretch, limit: int) -> Slice[Build]:
        if stretch.empty:
            return Slice([], None)
        ask = _newest(partition, stretch, limit)
        answer = self._table.query(**(_filtered(ask, stretch.filters) if stretch.filters else ask))
        builds = [(item["at"]["S"], build_from(item)) for item in answer["Items"]]
        reached = answer["LastEvaluatedKey"]["at"]["S"] if "LastEvaluatedKey" in answer else None
        return Slice(builds, reached)

    def commits_of(self, pipeline_id: str, stretch: Stretch, limit: int) -> set[str]:
        """Those of the newest builds there, at most so many of them, and nothing else of any."""
        if stretch.empty:
            return set()
        ask = _newest(("by_pipeline", "pk", pipeline_id), stretch, limit)
        names = {**ask["ExpressionAttributeNames"], "#build": "build", "#commit": "commit"}
        only = {"ExpressionAttributeNames": names, "ProjectionExpression": "#build.#commit"}
        answer = self._table.query(**{**ask, **only})
        return {item["build"]["M"]["commit"]["S"] for item in answer["Items"] if "build" in item}

    def get(self, build_id: str) -> Build | None:
        if not _BUILD_ID.fullmatch(build_id):
            return None
        item = self._table.get(build_key_of(build_id))
        return build_from(item) if item else None

    def jobs(self, build: Build) -> list[Job]:
        """In the order of their creation."""
        key = build_key(build)
        run_id = run_of_build(key["pk"], key["sk"])
        if run_id is None:
            return []
        answer = self._table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :attempt)",
            ExpressionAttributeValues=to_item(
                {":pk": jobs_partition(run_id), ":attempt": f"{build.attempt}."}
            ),
            Limit=JOBS,
        )
        return sorted(map(job_from, answer["Items"]), key=lambda job: (job.created_at or 0, job.id))

    def get_many(self, build_ids: Iterable[str]) -> dict[str, Build]:
        """By their ids, without those that are gone."""
        builds = map(build_from, self._table.get_many(map(build_key_of, set(build_ids))))
        return {build.id: build for build in builds}


def _newest(partition: tuple[str, str, str], stretch: Stretch, limit: int) -> dict[str, Any]:
    """What is asked for the newest builds of a partition of an index."""
    index, attribute, value = partition
    bounds = {":floor": stretch.floor, ":upper": just_below(stretch.below)}
    return {
        "IndexName": index,
        "KeyConditionExpression": "#partition = :partition AND #at BETWEEN :floor AND :upper",
        "ExpressionAttributeNames": {"#partition": attribute, "#at": "at"},
        "ExpressionAttributeValues": to_item({":partition": value, **bounds}),
        "ScanIndexForward": False,
        "Limit": limit,
    }


def _filtered(ask: dict[str, Any], filters: Mapping[str, str]) -> dict[str, Any]:
    """The same of builds with these attributes only."""
    names = {"#build": "build", **{f"#{name}": name for name in filters}}
    values = to_item({f":{name}": value for name, value in filters.items()})
    return {
        **ask,
        "FilterExpression": " AND ".join(f"#build.#{name} = :{name}" for name in filters),
        "ExpressionAttributeNames": {**ask["ExpressionAttributeNames"], **names},
        "ExpressionAttributeValues": {**ask["ExpressionAttributeValues"], **values},
        "Limit": FILTERED,
    }
