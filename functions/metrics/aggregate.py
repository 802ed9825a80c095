"""The builds table's stream -> aggregates -> build events."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict

from pipeline_health.adapters import aws, dynamodb
from pipeline_health.adapters.aside import SetAsideTable
from pipeline_health.adapters.builds_stored import StoredBuilds, stored_from
from pipeline_health.adapters.clock import now, pause
from pipeline_health.adapters.counts import CountsTable
from pipeline_health.adapters.topic import EventsTopic
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation

logger = Logger()
metrics = Metrics()


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    BUILDS_TABLE: str
    METRICS_TABLE: str
    EVENTS_TOPIC_ARN: str
    SET_ASIDE_TABLE: str
    DEFAULT_BRANCHES: str


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Counts one batch. What it raises makes Lambda send the same batch again, which is harmless."""
    try:
        tally = aggregate(event["Records"], flow())
    except Exception:
        metrics.add_metric("BatchesRaised", MetricUnit.Count, 1)
        raise
    for name, count in (("BuildsCounted", tally.counted), ("RecordsSetAside", tally.set_aside)):
        metrics.add_metric(name, MetricUnit.Count, count)
    logger.info(
        "counted a batch",
        records=len(event["Records"]),
        counted=tally.counted,
        repeated=tally.repeated,
        set_aside=tally.set_aside,
        retries=tally.retries,
        changes=[f"{e.change.value} {e.build.id}" for e in tally.events if e.change],
    )


@cache
def flow() -> Aggregation:
    settings = Settings.model_validate(dict(os.environ))
    return Aggregation(
        counts=CountsTable(dynamodb.client(), settings.METRICS_TABLE),
        builds=StoredBuilds(dynamodb.client(), settings.BUILDS_TABLE),
        topic=EventsTopic(aws.client("sns"), settings.EVENTS_TOPIC_ARN),
        aside=SetAsideTable(dynamodb.client(), settings.SET_ASIDE_TABLE, now),
        read=stored_from,
        pause=pause,
        default_names=frozenset(settings.DEFAULT_BRANCHES.split(",")),
    )
