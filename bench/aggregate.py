"""Counting: requests of one batch, and builds a second on the embedded AWS: `python -m bench.aggregate`."""

import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from secrets import token_hex
from typing import Any, Final

from bench.client import Figure, run
from local.demo.sending import Stack
from local.translate import load
from local.workbench import Workbench
from pipeline_health.adapters.counts import CountsTable
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.ledger import Stored
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation, Record

BATCH: Final = 100
PIPELINES: Final = 10
BUILDS: Final = 10_000
REQUESTS: Final = 15  # the most for one batch
START: Final = 1_790_000_000_000
MINUTE: Final = 60_000


class Nothing:
    """In place of what counting alone does not need."""

    def publish(self, events: list[Any]) -> None: ...
    def keep(self, record: Record, reason: str) -> None: ...
    def get(self, build_id: str) -> Build | None: ...


def measure(_: Stack) -> Iterator[Figure]:
    client = Workbench.here().client("dynamodb")
    requests: Counter[str] = Counter()
    client.meta.events.register("before-call.dynamodb.*", lambda model, **_: requests.update([model.name]))
    table = _new_table(client)
    requests.clear()
    batches = _batches()
    to = Aggregation(
        CountsTable(client, table), Nothing(), Nothing(), Nothing(), _read, lambda _: None, _MAIN
    )
    aggregate(next(batches), to)
    what = f"aggregate: {BATCH} builds of {PIPELINES} pipelines"
    yield Figure(f"{what}, requests", requests.total(), "", REQUESTS)
    began = time.perf_counter()
    counted = sum(aggregate(batch, to).counted for batch in batches)
    seconds = time.perf_counter() - began
    yield Figure(f"{what}, requests at the end", requests.total() / (BUILDS / BATCH), "", REQUESTS)
    yield Figure(f"aggregate: {counted} builds replayed", counted / seconds, "/s")
    client.delete_table(TableName=table)


_MAIN: Final = frozenset({"main"})


def _read(record: Record) -> Stored:
    stored: Stored = record["stored"]
    return stored


def _batches() -> Iterator[list[Record]]:
    records: Iterator[Record] = ({"stored": Stored(_build(number), 1)} for number in range(BUILDS))
    while batch := list(islice(records, BATCH)):
        yield batch


def _build(number: int) -> Build:
    """One a second and pipeline, one of five failed."""
    ended = START + number * 1_000
    return Build(
        provider="github",
        pipeline_id=f"github.1.{number % PIPELINES}",
        run=str(number),
        repo="acme/app",
        pipeline=f"ci {number % PIPELINES}",
        branch="main",
        status=Status.FAILURE if number % 5 == 0 else Status.SUCCESS,
        started_at=ended - MINUTE,
        completed_at=ended,
        duration_ms=MINUTE,
    )


def _new_table(client: Any) -> str:
    """As the metrics table is, but empty and its own."""
    name = f"bench-{token_hex(4)}"
    described = load()["Resources"]["MetricsTable"]["Properties"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    client.create_table(TableName=name, **{key: described[key] for key in wanted})
    return name


if __name__ == "__main__":
    run(measure, __doc__ or "")
