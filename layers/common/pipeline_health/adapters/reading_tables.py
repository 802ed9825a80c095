"""What the read API is told by its environment, the tables it reads, and what time it is."""

import os
import time
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline_health.adapters.builds_reading import BuildsReading
from pipeline_health.adapters.jobs_reading import JobsReading
from pipeline_health.adapters.metrics_reading import MetricsReading
from pipeline_health.adapters.reading_client import known_items, reading_client
from pipeline_health.domain.times import DAY
from pipeline_health.flows.job_metrics import JobMetrics
from pipeline_health.flows.metrics import Metrics
from pipeline_health.flows.pipeline_numbers import PipelineNumbers


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    BUILDS_TABLE: Annotated[str, Field(min_length=1)]
    METRICS_TABLE: Annotated[str, Field(min_length=1)]
    WEBSOCKET_URL: str
    AUTH: Literal["on", "off"] = "off"
    DEFAULT_BRANCHES: str = "main,master"
    RETENTION_DAYS: Annotated[int, Field(ge=1)] = 400
    FLAKY_COMMITS: Annotated[int, Field(ge=2)] = 3

    @property
    def reach(self) -> int:
        """How far back, in ms, lists go."""
        return self.RETENTION_DAYS * DAY

    @property
    def scheme(self) -> str:
        """Of our own addresses. A stack on one machine speaks plain http, and nothing else says so."""
        return "http" if self.WEBSOCKET_URL.startswith("ws:") else "https"


@cache
def settings() -> Settings:
    return Settings.model_validate(dict(os.environ))


@cache
def builds_table() -> BuildsReading:
    return BuildsReading(reading_client(), settings().BUILDS_TABLE)


@cache
def metrics_table() -> MetricsReading:
    names = frozenset(settings().DEFAULT_BRANCHES.split(","))
    return MetricsReading(reading_client(), settings().METRICS_TABLE, names)


@cache
def pipeline_numbers() -> PipelineNumbers:
    """It remembers what was asked before: one a process."""
    return PipelineNumbers(metrics_table(), settings().FLAKY_COMMITS)


@cache
def metrics() -> Metrics:
    """It remembers, too, and so do the jobs' numbers."""
    return Metrics(metrics_table())


@cache
def job_metrics() -> JobMetrics:
    return JobMetrics(JobsReading(reading_client(), settings().METRICS_TABLE), metrics_table())


def forget() -> None:
    """As a process that has just started: for tests and measurements."""
    kept = pipeline_numbers, metrics, job_metrics, known_items
    for cached in (settings, builds_table, metrics_table, *kept):
        cached.cache_clear()


def now() -> int:
    """Milliseconds."""
    return time.time_ns() // 1_000_000
