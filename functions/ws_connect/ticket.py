"""POST /ws/ticket: what a reader opens one WebSocket with. API Gateway has asked for the token already."""

import os
import time
from functools import cache
from secrets import token_urlsafe
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

from pipeline_health.adapters import dynamodb
from pipeline_health.adapters.lambda_http import Response, json_response, problem_response
from pipeline_health.adapters.tickets import TicketTable
from pipeline_health.domain.reader import Reader
from pipeline_health.domain.times import SECOND
from pipeline_health.flows.tickets import LIFETIME, allowed, header, issue
from pipeline_health.providers.refusal import Refusal

logger = Logger()
metrics = Metrics()


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    tickets_table: str = Field(alias="TICKETS_TABLE", min_length=1)
    allow_origins: str = Field(alias="ALLOW_ORIGINS", default="")


@cache
def _settings() -> Settings:
    return Settings.model_validate(dict(os.environ))


@cache
def _tickets() -> TicketTable:
    return TicketTable(dynamodb.client(), _settings().tickets_table)


@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> Response:
    headers = event.get("headers") or {}
    origin = header(headers, "origin")
    if not allowed(origin, header(headers, "host"), _settings().allow_origins):
        return _told(
            "ticket_refused", problem_response(Refusal(403, "AllowOrigins does not name this page."))
        )
    secret = token_urlsafe(32)
    issue(secret, origin, time.time_ns() // 1_000_000, _tickets(), _reader(event))
    answer = {"ticket": secret, "expires_in": LIFETIME // SECOND}
    return _told("ticket_issued", json_response(201, answer, {"cache-control": "no-store"}))


def _reader(event: dict[str, Any]) -> Reader:
    """Whom the authorizer let in; nobody known where the deployment asks nobody."""
    said = event.get("requestContext", {}).get("authorizer", {}).get("lambda") or {}
    return Reader(said.get("pass_id", ""), int(said["until"]) if "until" in said else None)


def _told(outcome: str, response: Response) -> Response:
    logger.info(outcome, status=response["statusCode"])
    metrics.add_metric(name=outcome, unit=MetricUnit.Count, value=1)
    return response
