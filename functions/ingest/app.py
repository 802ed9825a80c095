"""POST /ingest/{provider}: one webhook in, one build stored, and only then a 2xx."""

import os
import re
import time
from functools import cache
from typing import Any, Final, Literal

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

from pipeline_health.adapters.builds import writing_client
from pipeline_health.adapters.jobs import DynamoStore
from pipeline_health.adapters.lambda_http import (
    Request,
    Response,
    json_response,
    problem_response,
    request_of,
)
from pipeline_health.adapters.secrets import SharedSecret, secrets_client
from pipeline_health.flows.ingest import RETRY_AFTER_SECONDS, Reply, ingest
from pipeline_health.providers.delivery import Delivery
from pipeline_health.providers.refusal import Refusal
from pipeline_health.providers.senders import SENDERS

logger = Logger()
metrics = Metrics()

# Status of a refusal -> the metric that counts it; the results of what was taken in name their own.
_REFUSALS: Final = {
    400: "webhook_not_json",
    401: "webhook_unauthorized",
    404: "webhook_unknown_provider",
    405: "webhook_not_post",
    413: "webhook_too_large",
    422: "webhook_unusable_fields",
    503: "webhook_not_stored",
}
_HEADERS: Final = {405: {"allow": "POST"}, 503: {"retry-after": str(RETRY_AFTER_SECONDS)}}
_DELIVERY: Final = frozenset({"x-github-delivery", "idempotency-key"})  # GitLab's is the latter
_NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9-]")


class Settings(BaseModel):
    """This function's environment."""

    model_config = ConfigDict(frozen=True)

    builds_table: str = Field(alias="BUILDS_TABLE", min_length=1)
    retention_days: int = Field(alias="RETENTION_DAYS", default=400, ge=1, le=3650)
    auth: Literal["on", "off"] = Field(alias="AUTH", default="on")
    webhook_secret_arn: str = Field(alias="WEBHOOK_SECRET_ARN", default="")


@cache
def _settings() -> Settings:
    return Settings.model_validate(dict(os.environ))


@cache
def _store() -> DynamoStore:
    return DynamoStore(writing_client(), _settings().builds_table, _settings().retention_days)


@cache
def _secrets() -> SharedSecret:
    return SharedSecret(secrets_client, _settings().webhook_secret_arn)


@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> Response:
    try:
        request = request_of(event)
        reply = _take_in(request)
    except Refusal as refusal:
        return _refused(event, refusal)
    return _taken(event, reply)


def _take_in(request: Request) -> Reply:
    if request.method != "POST":
        raise Refusal(405, "Webhooks are POSTed.")
    now = time.time_ns() // 1_000_000
    delivery = Delivery(body=request.body, received_at=now, headers=request.headers, query=request.query)
    secrets = _secrets() if _settings().auth == "on" else None
    return ingest(request.path.get("provider", ""), delivery, _store(), secrets)


def _taken(event: dict[str, Any], reply: Reply) -> Response:
    build = reply.build.id if reply.build else None
    _told(event, f"webhook_{reply.result}", status=reply.status, build=build, reason=reply.reason)
    return json_response(reply.status, reply.body())


def _refused(event: dict[str, Any], refusal: Refusal) -> Response:
    fields = [error.field for error in refusal.errors] or None
    _told(event, _REFUSALS[refusal.status], status=refusal.status, reason=refusal.detail, fields=fields)
    return problem_response(refusal, _HEADERS.get(refusal.status))


def _told(event: dict[str, Any], outcome: str, **facts: Any) -> None:
    """One log line and one metric for each webhook, both named after its outcome; never a body or a token."""
    provider = (event.get("pathParameters") or {}).get("provider")
    known = provider if provider in SENDERS else None
    logger.info(outcome, provider=known, delivery=_delivery_id(event), **facts)  # it leaves None out
    metrics.add_metric(name=outcome, unit=MetricUnit.Count, value=1)


def _delivery_id(event: dict[str, Any]) -> str | None:
    """The sender's own id of the delivery, which its redelivery keeps; anyone may have written it."""
    headers = event.get("headers") or {}
    given = next((value for name, value in headers.items() if name.lower() in _DELIVERY), None)
    return _NOT_IN_IDS.sub("", given)[:64] if given else None
