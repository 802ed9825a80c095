"""WebSocket connections: $connect, $disconnect and whatever a client sends ($default)."""

import base64
import binascii
import os
from collections.abc import Callable
from functools import cache
from typing import Any, Final, Literal

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

from pipeline_health.adapters import dynamodb
from pipeline_health.adapters.clock import now
from pipeline_health.adapters.connections import ConnectionTable
from pipeline_health.adapters.sockets import ApiGatewaySockets
from pipeline_health.adapters.tickets import TicketTable
from pipeline_health.domain.reader import ANYBODY, Reader
from pipeline_health.domain.subscription import Delivery
from pipeline_health.flows import connections as flow
from pipeline_health.flows.tickets import admitted, header

Event = dict[str, Any]
Outcome = tuple[str, Delivery | None]  # what happened, and whether an answer arrived where there is one

logger = Logger()
metrics = Metrics()


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    connections_table: str = Field(alias="CONNECTIONS_TABLE", min_length=1)
    websocket_endpoint: str = Field(alias="WEBSOCKET_ENDPOINT", pattern="^https?://")
    tickets_table: str = Field(alias="TICKETS_TABLE", min_length=1)
    auth: Literal["on", "off"] = Field(alias="AUTH", default="on")


@cache
def _settings() -> Settings:
    return Settings.model_validate(dict(os.environ))


@cache
def _connections() -> ConnectionTable:
    return ConnectionTable(dynamodb.client(), _settings().connections_table)


@cache
def _tickets() -> TicketTable:
    return TicketTable(dynamodb.client(), _settings().tickets_table)


@cache
def _sockets() -> ApiGatewaySockets:
    return ApiGatewaySockets.at(_settings().websocket_endpoint)


def _connect(connection_id: str, event: Event) -> Outcome:
    reader = _reader(event) if _settings().auth == "on" else ANYBODY
    if reader is None:
        return "refused", None
    flow.connect(connection_id, now(), _connections(), reader)
    return "connected", None


def _reader(event: Event) -> Reader | None:
    ticket = (event.get("queryStringParameters") or {}).get("ticket", "")
    return admitted(ticket, header(event.get("headers") or {}, "origin"), now(), _tickets())


def _disconnect(connection_id: str, _event: Event) -> Outcome:
    flow.disconnect(connection_id, _connections())
    return "disconnected", None


def _receive(connection_id: str, event: Event) -> Outcome:
    return flow.receive(connection_id, _body(event), now(), _connections(), _sockets())


def _body(event: Event) -> bytes:
    """The message as it was sent; API Gateway hands on binary frames in base64."""
    body = (event.get("body") or "").encode("utf-8", "replace")
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return b""


# Outcome -> metric; what a client sends without being understood is one too.
_METRICS: Final = {
    "connected": "Connected",
    "refused": "Refused",
    "disconnected": "Disconnected",
    "subscribed": "Subscribed",
    "pong": "Pinged",
    "error": "NotUnderstood",
}
# By what happened, not by routeKey: that is the client's own `action`, which may say "$disconnect".
_Handle = Callable[[str, Event], Outcome]
_ON: Final[dict[str, _Handle]] = {"CONNECT": _connect, "DISCONNECT": _disconnect, "MESSAGE": _receive}


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Event, _context: LambdaContext) -> dict[str, int]:
    kind, connection_id = event["requestContext"]["eventType"], event["requestContext"]["connectionId"]
    outcome, delivery = _ON[kind](connection_id, event)
    logger.info(outcome, connection=connection_id, delivery=delivery)
    metrics.add_metric(name=_METRICS[outcome], unit=MetricUnit.Count, value=1)
    return {"statusCode": 401 if outcome == "refused" else 200}
