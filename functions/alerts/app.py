"""Build events from the topic to Slack and mail: SNS brings them, and brings them again when this raises."""

import os
import traceback
from collections import Counter
from functools import cache
from typing import Any, Final

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from pipeline_health.adapters import dynamodb
from pipeline_health.adapters.channels import configured
from pipeline_health.adapters.claims import ClaimTable
from pipeline_health.adapters.clock import now
from pipeline_health.adapters.named_secrets import NamedSecrets
from pipeline_health.adapters.secrets import secrets_client
from pipeline_health.domain.events import BuildEvent, BuildEvents
from pipeline_health.flows.alert_settings import AlertSettings
from pipeline_health.flows.alerts import Outcome, Result, tell

_REPORTING: Final = 2_000  # milliseconds kept for saying what became of everything

logger = Logger()


class Untold(Exception):
    """Some alerts are not told yet; raised so that Lambda tries again."""


@cache
def _settings() -> AlertSettings:
    return AlertSettings.model_validate(dict(os.environ))


@cache
def _secrets() -> NamedSecrets:
    return NamedSecrets(secrets_client, _settings().alerts_secret_arn)


@cache
def _claims() -> ClaimTable:
    return ClaimTable(dynamodb.client(), _settings().claims_table)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    began = now()
    outcomes = tell(
        _events(event),
        _settings().wishes,
        configured(_settings(), _secrets().get(began)),
        _claims(),
        clock=now,
        deadline=began + context.get_remaining_time_in_millis() - _REPORTING,
    )
    _report(outcomes)
    untold = [outcome for outcome in outcomes if outcome.result is Result.FAILED]
    if untold:
        raise Untold(", ".join(sorted({f"{each.channel}: {each.reason}" for each in untold})))


def _events(event: dict[str, Any]) -> list[BuildEvent]:
    messages = (BuildEvents.model_validate_json(record["Sns"]["Message"]) for record in event["Records"])
    return [told for message in messages for told in message.events]


def _report(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        _log(outcome)
    if not outcomes:
        logger.info("nothing changed")
    for (result, channel, reason), count in Counter(map(_kind, outcomes)).items():
        with single_metric(result, MetricUnit.Count, count) as metric:
            metric.add_dimension("channel", channel)
            metric.add_dimension("reason", reason)


def _kind(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.result.value, outcome.channel, outcome.reason


def _log(outcome: Outcome) -> None:
    """Of an unforeseen error where it came from, never its text: it might quote a secret."""
    alert = outcome.alert
    level = logger.warning if outcome.result in (Result.FAILED, Result.REFUSED) else logger.info
    level(
        outcome.result.value,
        extra={
            "channel": outcome.channel,
            "reason": outcome.reason,
            "change": alert.change.value,
            "flip": alert.flip,
            "branch": alert.build.branch,
            "build": alert.build.id,
            **({"error_at": traceback.format_tb(outcome.error.__traceback__)} if outcome.error else {}),
        },
    )
