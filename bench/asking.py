"""What a reader's question costs in DynamoDB, in requests and units: `python -m bench.asking`.

As bench.spending, on tables in memory: of 20 pipelines and a repository of 2,000 builds in the last 180 days.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

from bench.capacity import Meter, Spent
from bench.client import Figure, show
from bench.product import DEFAULTS, START, Product, pipelines, product
from bench.spending import WARM, some_runs, together, warm
from bench.summary import aggregates, build, write
from pipeline_health.adapters.builds_reading import BuildsReading
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.keys import CARDS
from pipeline_health.adapters.metrics_reading import MetricsReading
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.adapters.transaction import buckets
from pipeline_health.api import questions as q
from pipeline_health.domain.aggregates import Counted, Moves, add_run
from pipeline_health.domain.times import DAY
from pipeline_health.flows.metrics import Metrics
from pipeline_health.flows.pipeline_numbers import PipelineNumbers
from pipeline_health.flows.pipelines import Pipelines
from pipeline_health.flows.reading import Reading
from pipeline_health.flows.rows import Rows

PIPELINES: Final = 20
BUILDS: Final = 2_000
REPO: Final = "checkout"
NOW: Final = START + DAY
WINDOWS: Final = ("24h", "7d", "30d", "90d")
SUMMARY: Final = 4  # requests beside the one for the cards


def fill(at: Product) -> None:
    """The cards of all pipelines are that of one which was really counted."""
    (pipeline,) = pipelines(1)
    warm(at, pipeline)
    together(at, some_runs(pipeline, WARM, broken=True))
    (card,) = (item for item in at.items("MetricsTable") if item["pk"]["S"] == CARDS)
    ids = [card["sk"]["S"] + str(number) * bool(number) for number in range(PIPELINES)]
    write(at.aside, "MetricsTable", [{**card, **to_item({"sk": pipeline_id})} for pipeline_id in ids[1:]])
    write(at.aside, "MetricsTable", aggregates(REPO, BUILDS, NOW))
    write(at.aside, "MetricsTable", of_pipelines(ids[1:]))


def of_pipelines(ids: Sequence[str]) -> list[Item]:
    """Their aggregates of as many builds as the repository has."""
    chance, counted = Random(BUILDS), Moves()
    for number in range(BUILDS):
        one = build(chance, number, REPO, NOW).model_copy(
            update={"commit": f"{chance.randrange(BUILDS):040x}"}
        )
        add_run(counted, ids[number % len(ids)], {1: Counted.of(one, 1, DEFAULTS)})
    own = {at: counters for at, counters in counted.items() if at[0].pipeline_id and not at[0].branch}
    return [to_item({"pk": pk, "sk": sk, **counters}) for (pk, sk), counters in buckets(own).items()]


def questions(client: Any) -> Mapping[str, Callable[[], object]]:
    metrics, builds = MetricsReading(client, "MetricsTable", DEFAULTS), BuildsReading(client, "BuildsTable")
    summaries = {
        f"GET /metrics/summary?window={window}": lambda window=window: Metrics(metrics).summary(
            q.MetricsQuestion(window=window, repo=REPO), NOW
        )
        for window in WINDOWS
    }
    return {
        **summaries,
        "GET /metrics/timeseries?window=7d": lambda: Metrics(metrics).timeseries(
            q.TimeseriesQuestion(window="7d", bucket="hour", repo=REPO), NOW
        ),
        "GET /metrics/pipelines?window=7d": lambda: Rows(metrics, PipelineNumbers(metrics, 3)).page(
            q.PipelineMetricsQuestion(window="7d", limit=1_000), NOW
        ),
        "GET /pipelines": lambda: Pipelines(metrics).page(q.PipelinesQuestion(recent=30, limit=200)),
        "GET /builds?limit=30": lambda: Reading(builds, metrics, 400 * DAY).page(
            q.BuildsQuestion(limit=30), NOW
        ),
    }


def asked(at: Product) -> dict[str, Spent]:
    client = reading_client()
    meter = Meter(client, at.aside)
    found: dict[str, Spent] = {}
    for name, ask in questions(client).items():
        with meter.measuring() as spent:
            ask()
        found[name] = spent
    return found


def measure() -> Iterator[Figure]:
    with product() as at:
        fill(at)
        for name, spent in asked(at).items():
            goal = SUMMARY + 1 if "summary" in name else None
            yield Figure(f"{name}: requests", spent.sent, "", goal)
            yield Figure(f"{name}: read units", spent.reads, "")


if __name__ == "__main__":
    show(measure())
