"""The builds table's stream -> jobs: when each build's first job started, and the numbers of jobs."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict

from pipeline_health.adapters import dynamodb
from pipeline_health.adapters.aside import JOBS, SetAsideTable
from pipeline_health.adapters.clock import now, pause
from pipeline_health.adapters.jobs_stored import JobsTable, news_from
from pipeline_health.flows.jobs import Counting, count_jobs

logger = Logger()
metrics = Metrics()


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    BUILDS_TABLE: str
    METRICS_TABLE: str
    SET_ASIDE_TABLE: str


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Counts one batch. What it raises makes Lambda send the same batch again, which is harmless."""
    try:
        tally = count_jobs(event["Records"], flow())
    except Exception:
        metrics.add_metric("BatchesRaised", MetricUnit.Count, 1)
        raise
    for name, count in (("JobsCounted", tally.counted), ("RecordsSetAside", tally.set_aside)):
        metrics.add_metric(name, MetricUnit.Count, count)
    logger.info(
        "counted jobs",
        records=len(event["Records"]),
        counted=tally.counted,
        started=tally.started,
        set_aside=tally.set_aside,
    )


@cache
def flow() -> Counting:
    settings = Settings.model_validate(dict(os.environ))
    client = dynamodb.client()
    return Counting(
        jobs=JobsTable(client, settings.BUILDS_TABLE, settings.METRICS_TABLE),
        aside=SetAsideTable(client, settings.SET_ASIDE_TABLE, now, JOBS),
        read=news_from,
        pause=pause,
        now=now,
    )
