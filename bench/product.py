"""The product's own flows over tables in memory, those of template.yaml: what they spend is measured."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from botocore.session import get_session
from moto import mock_aws

from bench.capacity import Meter, Spent, items_of, stored_bytes
from bench.item_size import Item
from local.demo import github
from local.demo.history import Run
from local.demo.moments import MINUTE, SECOND
from local.demo.pushes import Push
from local.demo.world import PEOPLE, Pipeline, Repo, number_of
from local.translate import REGION, load
from pipeline_health.adapters.builds_stored import StoredBuilds, stored_from
from pipeline_health.adapters.counts import CountsTable
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.jobs import DynamoStore
from pipeline_health.adapters.jobs_stored import JobsTable, news_from
from pipeline_health.adapters.keys import build_key, job_key
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.domain.build import Sighting
from pipeline_health.domain.events import BuildEvent
from pipeline_health.domain.jobs import JobSighting
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation, Record
from pipeline_health.flows.jobs import Counting, count_jobs
from pipeline_health.providers import github as provider
from pipeline_health.providers.delivery import Delivery

DAYS: Final = 400  # that builds are kept
START: Final = 1_795_435_200_000  # 2026-11-23T12:00:00Z
DEFAULTS: Final = frozenset({"main", "master"})


class Topic:
    def __init__(self) -> None:
        self.events: list[BuildEvent] = []

    def publish(self, events: list[BuildEvent]) -> None:
        self.events += events


class Nothing:
    """In place of what is never set aside here."""

    def keep(self, record: Record, reason: str) -> None:
        raise AssertionError(reason, record)


class Product:
    """`client` is metered; `aside` looks at the tables for nothing."""

    def __init__(self, client: Any, aside: Any) -> None:
        self.meter, self.client, self.aside = Meter(client, aside), client, aside
        self.topic = Topic()
        self._newest: dict[str, str] = {}
        self._store = DynamoStore(client, "BuildsTable", DAYS)
        self._aggregation = Aggregation(
            CountsTable(client, "MetricsTable"),
            StoredBuilds(client, "BuildsTable"),
            self.topic,
            Nothing(),
            stored_from,
            lambda _: None,
            DEFAULTS,
        )
        jobs = JobsTable(client, "BuildsTable", "MetricsTable")
        self._counting = Counting(jobs, Nothing(), news_from, lambda _: None, lambda: START)

    def ingest(self, webhook: github.Webhook) -> Record:
        """Stores it, and gives the record that the stream would hold of it."""
        at, headers, body = webhook
        parsed = provider.parse(Delivery(body, at, headers))
        if isinstance(parsed, JobSighting):
            self._store.record_job(parsed, at)
            return self._record(job_key(parsed.job))
        if isinstance(parsed, Sighting):
            self._store.record(parsed, at)
            self._newest = build_key(parsed.build)
            return self.newest_build()
        raise TypeError(parsed)

    def count(self, records: Iterable[Record]) -> None:
        aggregate(records, self._aggregation)

    def count_jobs(self, records: Iterable[Record]) -> None:
        count_jobs(records, self._counting)

    def spending(self, flow: Callable[[list[Record]], None], records: list[Record]) -> Spent:
        with self.meter.measuring() as spent:
            flow(records)
        return spent

    def newest_build(self) -> Record:
        """The build that was stored last, as it is by now."""
        return self._record(self._newest)

    def items(self, table: str) -> list[Item]:
        return items_of(self.aside, table)

    def stored_bytes(self) -> int:
        return stored_bytes(self.aside, "BuildsTable") + stored_bytes(self.aside, "MetricsTable")

    def _record(self, key: dict[str, str]) -> Record:
        image = self.aside.get_item(TableName="BuildsTable", Key=to_item(key))["Item"]
        return {"eventName": "MODIFY", "dynamodb": {"NewImage": image}}


@contextmanager
def product() -> Iterator[Product]:
    """One that is new, and that nobody outside of this process hears of."""
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": REGION}
    os.environ.pop("AWS_ENDPOINT_URL", None)
    os.environ |= keys
    reading_client.cache_clear()
    try:
        with mock_aws():
            create_tables(_client())
            yield Product(_client(), _client())
    finally:
        reading_client.cache_clear()  # it is of this region, and whoever comes next has another


def _client() -> Any:
    return get_session().create_client("dynamodb")


def create_tables(client: Any) -> None:
    """Named as in the template."""
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    for name, resource in load()["Resources"].items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            described = {key: value for key, value in resource["Properties"].items() if key in wanted}
            client.create_table(TableName=name, **described)


def run(pipeline: Pipeline, number: int, *, failed: bool) -> Run:
    """One a minute in each pipeline, of five minutes and a bit."""
    queued_at = START + number * MINUTE
    return Run(
        pipeline=pipeline,
        push=Push(queued_at, pipeline.repo, "main", PEOPLE[number % len(PEOPLE)], "Measure it", "push"),
        id=number_of(f"{pipeline.id}/{number}", 10**10),
        number=number,
        created_at=queued_at,
        queued_at=queued_at,
        started_at=queued_at + 5 * SECOND,
        completed_at=queued_at + 5 * MINUTE + number % 7 * SECOND,
        conclusion="failure" if failed else "success",
    )


def pipelines(count: int) -> list[Pipeline]:
    first = Pipeline("github", Repo("checkout", 1), "Build", 1)
    return [replace(first, name=f"Build {number}") for number in range(count)]
