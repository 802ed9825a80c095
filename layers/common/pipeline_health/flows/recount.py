"""Counts from the builds table itself whatever its stream did not bring; what was counted is left alone."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final, Protocol

from pipeline_health.domain.ledger import Stored, uncounted
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation, Record, Wanted

BATCH: Final = 100


class AllBuilds(Protocol):
    def pipelines(self) -> Iterable[str]: ...
    def of(self, pipeline_id: str) -> Iterable[Stored]: ...


def recount(builds: AllBuilds, to: Aggregation) -> int:
    """How many builds were counted; their events are told, as if the stream had brought them."""
    return sum(recount_pipeline(pipeline_id, builds, to) for pipeline_id in builds.pipelines())


def recount_pipeline(pipeline_id: str, builds: AllBuilds, to: Aggregation) -> int:
    to = replace(to, read=_stored)
    return sum(_count_missing(pipeline_id, batch, to) for batch in _batches(builds.of(pipeline_id)))


def _count_missing(pipeline_id: str, batch: list[Stored], to: Aggregation) -> int:
    known = to.counts.known({pipeline_id: Wanted.by(batch)}, to.default_names)[pipeline_id]
    missing: list[Record] = [{"stored": stored} for stored in uncounted(batch, known)]
    return aggregate(missing, to).counted if missing else 0


def _stored(record: Record) -> Stored:
    stored: Stored = record["stored"]
    return stored


def _batches(builds: Iterable[Stored]) -> Iterator[list[Stored]]:
    left = iter(builds)
    while batch := list(islice(left, BATCH)):
        yield batch
