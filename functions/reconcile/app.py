"""Every 15 minutes: what GitHub's and Jenkins' webhooks did not bring is fetched through their APIs."""

import os
from contextlib import ExitStack
from functools import cache
from typing import Any, Final

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from pipeline_health.adapters.builds import writing_client
from pipeline_health.adapters.builds_known import KnownBuilds
from pipeline_health.adapters.clock import now
from pipeline_health.adapters.dynamodb import client
from pipeline_health.adapters.github_api import Read
from pipeline_health.adapters.jobs import DynamoStore
from pipeline_health.adapters.named_secrets import NamedSecrets
from pipeline_health.adapters.secrets import secrets_client
from pipeline_health.adapters.sources import Credentials, SourceSettings, configured
from pipeline_health.domain.times import parse_instant
from pipeline_health.flows.reconcile import Ending, Fetching, Outcome, reconcile

_REPORTING: Final = 5_000  # milliseconds kept for the last answer that is under way, and for the report

logger = Logger()


class Settings(SourceSettings):
    """This function's environment."""

    builds_table: str = Field(min_length=1)
    retention_days: int = Field(default=400, ge=1, le=3650)
    reconcile_secret_arn: str = ""


@cache
def _settings() -> Settings:
    return Settings.model_validate(dict(os.environ))


@cache
def _secrets() -> NamedSecrets:
    return NamedSecrets(secrets_client, _settings().reconcile_secret_arn)


@cache
def _etags() -> dict[str, Read]:
    return {}


@cache
def _fetching() -> Fetching:
    table = _settings().builds_table
    store = DynamoStore(writing_client(), table, _settings().retention_days)
    return Fetching(store, KnownBuilds(client(), table).ranks, now, jobs=store)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Raises where our own storage fails; a source that fails is told of, and looked at again next time."""
    began = now()
    deadline = began + context.get_remaining_time_in_millis() - _REPORTING
    scheduled = parse_instant(event["time"]) if "time" in event else began
    with ExitStack() as closing:
        credentials = Credentials.of(_secrets().get(began))
        sources = configured(_settings(), credentials, _etags(), now, closing)
        failing = 0
        for outcome in reconcile(sources, _fetching(), scheduled, deadline):
            _tell(outcome)
            failing += outcome.ending in (Ending.FAILED, Ending.LIMITED)
    with single_metric("sources_failing", MetricUnit.Count, failing):
        """Over all sources, for an alarm: none can watch a dimension whose values it does not know."""


def _tell(outcome: Outcome) -> None:
    """One log line for each source and one metric for its ending, and one for the builds it had for us."""
    tally = outcome.tally
    level = logger.info if outcome.ending is Ending.DONE else logger.warning
    facts = {
        "source": outcome.source,
        "reason": outcome.reason or None,
        "seen": tally.seen,
        "restored": tally.restored,
        "unusable": tally.unusable,
        "redelivered": "not permitted" if tally.redelivered is None else tally.redelivered,
    }
    level(outcome.ending.value, extra={name: fact for name, fact in facts.items() if fact is not None})
    for name, value in {outcome.ending.value: 1, "builds_restored": tally.restored}.items():
        with single_metric(name, MetricUnit.Count, value) as metric:
            metric.add_dimension("source", outcome.source)
