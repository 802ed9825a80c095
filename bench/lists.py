"""What `/builds` and `/pipelines` read where 1,000 to 100,000 builds are stored: `python -m bench.lists`.

As bench.asking, on tables in memory. They look at every item for each question, where DynamoDB goes to the
place; so what is read is counted and no time taken, and a million are left out: they would fill this machine.
"""

import random
from collections.abc import Iterator
from typing import Any, Final

from bench.asking import NOW
from bench.capacity import Meter, Spent
from bench.client import Figure, show
from bench.product import DEFAULTS, Product, pipelines, product
from bench.spending import TOGETHER, some_runs, together
from bench.summary import build, write
from pipeline_health.adapters.build_items import described
from pipeline_health.adapters.builds_reading import BuildsReading
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.keys import build_key, recent_key
from pipeline_health.adapters.metrics_reading import MetricsReading
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.api import questions as q
from pipeline_health.domain.build import Build
from pipeline_health.domain.times import DAY
from pipeline_health.flows.pipelines import Pipelines
from pipeline_health.flows.reading import Reading

SIZES: Final = (1_000, 10_000, 100_000)
OF_A_PIPELINE: Final = (50, 500)
REPO: Final = "checkout"
PAGE: Final = q.BuildsQuestion(limit=30)
REQUESTS: Final = 4  # of one page of builds, at most


def items(count: int) -> list[Item]:
    chance = random.Random(count)
    return [_item(build(chance, number, REPO, NOW)) for number in range(count)]


def _item(one: Build) -> Item:
    at = one.at or NOW
    beside = {"version": "2", "revision": 1, "created_at": at, "updated_at": at}
    return to_item({**build_key(one), **recent_key(one, at), "build": described(one), **beside})


def of_builds(count: int) -> Spent:
    """A page of them."""
    with product() as at:
        write(at.aside, "BuildsTable", items(count))
        client, meter = _metered(at)
        reading = Reading(BuildsReading(client, "BuildsTable"), _metrics(client), 400 * DAY)
        with meter.measuring() as spent:
            page = reading.page(PAGE, NOW)
    if len(page["builds"]) != PAGE.limit:
        raise RuntimeError(f"{len(page['builds'])} builds of {count} came")
    return spent


def of_a_pipeline(count: int) -> Spent:
    """The list of one pipeline, whose card holds its last thirty builds, whatever lies behind."""
    with product() as at:
        (pipeline,) = pipelines(1)
        for start in range(0, count, TOGETHER):
            together(at, some_runs(pipeline, start))
        client, meter = _metered(at)
        with meter.measuring() as spent:
            Pipelines(_metrics(client)).page(q.PipelinesQuestion(recent=30))
    return spent


def _metered(at: Product) -> tuple[Any, Meter]:
    client = reading_client()
    return client, Meter(client, at.aside)


def _metrics(client: Any) -> MetricsReading:
    return MetricsReading(client, "MetricsTable", DEFAULTS)


def measure() -> Iterator[Figure]:
    for count in SIZES:
        yield from _figures(f"GET /builds?limit=30 of {count:,}", of_builds(count), REQUESTS)
    for count in OF_A_PIPELINE:
        yield from _figures(f"GET /pipelines, one of {count} builds", of_a_pipeline(count), 1)


def _figures(what: str, spent: Spent, requests: int) -> Iterator[Figure]:
    yield Figure(f"{what}: requests", spent.sent, "", requests)
    yield Figure(f"{what}: read units", spent.reads, "")


if __name__ == "__main__":
    show(measure())
