"""What one thing that happens costs in DynamoDB, in requests and units: `python -m bench.spending`.

Measured on tables in memory; a pipeline has 30 builds behind it, so that its items have their full size.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bench.capacity import Spent
from bench.client import Figure, show
from bench.product import Product, pipelines, product, run
from local.demo import github, github_jobs
from local.demo.history import Run
from local.demo.world import Pipeline
from pipeline_health.adapters.jobs_stored import news_from
from pipeline_health.flows.aggregation import Record

WARM: Final = 30  # as many as a card shows
TOGETHER: Final = (
    10  # of one pipeline, in a batch of 100 builds of ten pipelines: each is a transaction of its own
)
ALONE: Final = 45  # write units that a completed build may cost where it is counted by itself
IN_A_BATCH: Final = 8  # ... and in a batch of 100 builds of ten pipelines


@dataclass
class Told:
    """A build with one job, told by GitHub in six webhooks, each taken by itself; and what stays of it."""

    webhooks: list[Spent] = field(default_factory=list)
    counted: list[Spent] = field(default_factory=list)  # by the aggregate function
    of_jobs: list[Spent] = field(default_factory=list)
    bytes: int = 0

    @property
    def ended(self) -> Spent:
        """Its end counted, the dearest word of it."""
        return max(self.counted, key=lambda each: each.writes)

    @property
    def all(self) -> list[Spent]:
        return [*self.webhooks, *self.counted, *self.of_jobs]


def warm(at: Product, pipeline: Pipeline) -> None:
    for start in range(0, WARM, TOGETHER):
        together(at, some_runs(pipeline, start))


def some_runs(pipeline: Pipeline, start: int, *, broken: bool = False) -> list[Run]:
    """One after the other; where it is broken, one fails, and the next mends it."""
    return [run(pipeline, start + n, failed=broken and n == 4) for n in range(TOGETHER)]


def together(at: Product, some: Iterable[Run]) -> Spent:
    """Their ends, counted in one batch."""
    records = [at.ingest(list(github.webhooks(each, ""))[-1]) for each in some]
    return at.spending(at.count, records)


def alone(at: Product, one: Run) -> Told:
    told, before = Told(), at.stored_bytes()
    said = sorted([*github.webhooks(one, ""), *github_jobs.webhooks(one, "")], key=lambda each: each[0])
    for webhook in said:
        with at.meter.measuring() as spent:
            record = at.ingest(webhook)
        told.webhooks.append(spent)
        _follow(at, record, told)
    told.bytes = at.stored_bytes() - before
    return told


def _follow(at: Product, record: Record, told: Told) -> None:
    """What the stream's filters let through; what is learned of a build comes through the stream again."""
    image = record["dynamodb"]["NewImage"]
    if "half_year" in image:
        told.counted.append(at.spending(at.count, [record]))
    if news_from(record):
        spent = at.spending(at.count_jobs, [record])
        told.of_jobs.append(spent)
        if spent.requests["UpdateItem"]:
            _follow(at, at.newest_build(), told)


def measure() -> Iterator[Figure]:
    (pipeline,) = pipelines(1)
    with product() as at:
        warm(at, pipeline)
        told = alone(at, run(pipeline, WARM, failed=False))
        broken = together(at, some_runs(pipeline, WARM + 1, broken=True))
        quiet = together(at, some_runs(pipeline, WARM + 1 + TOGETHER))
    yield from _figures("a webhook of a build", told.webhooks[0])
    yield from _figures("a build that begins, counted alone", told.counted[0])
    yield from _figures("a build that ended, counted alone", told.ended, ALONE)
    yield from _figures("a webhook of a job", told.webhooks[-1])
    yield from _figures("a job that ended, counted alone", max(told.of_jobs, key=lambda each: each.writes))
    yield from _figures("a build with its job, all told alone", total(told.all))
    yield Figure("a build with its job: bytes that stay", told.bytes, "")
    yield Figure("100 of 10 pipelines together: write units a build", quiet.writes / TOGETHER, "", IN_A_BATCH)
    yield Figure("... where each pipeline breaks and heals in it", broken.writes / TOGETHER, "", IN_A_BATCH)


def total(some: Iterable[Spent]) -> Spent:
    whole = Spent()
    for each in some:
        whole.requests.update(each.requests)
        whole.writes += each.writes
        whole.index_writes += each.index_writes
        whole.reads += each.reads
        whole.items += each.items
    return whole


def _figures(what: str, spent: Spent, goal: float | None = None) -> Iterator[Figure]:
    yield Figure(f"{what}: requests", spent.sent, "")
    yield Figure(f"{what}: items written", spent.items, "")
    yield Figure(f"{what}: write units", spent.writes, "", goal)
    yield Figure(f"{what}: read units", spent.reads, "")


if __name__ == "__main__":
    show(measure())
