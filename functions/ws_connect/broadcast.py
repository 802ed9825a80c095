"""Build events from the topic to every open WebSocket connection that wants them."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

from pipeline_health.adapters import dynamodb
from pipeline_health.adapters.clock import now
from pipeline_health.adapters.connections import ConnectionTable
from pipeline_health.adapters.sockets import ApiGatewaySockets
from pipeline_health.domain.events import BuildEvent, BuildEvents
from pipeline_health.domain.subscription import Delivery
from pipeline_health.flows.broadcast import broadcast
from pipeline_health.flows.ending import THREADS

logger = Logger()
metrics = Metrics()


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    connections_table: str = Field(alias="CONNECTIONS_TABLE", min_length=1)
    websocket_endpoint: str = Field(alias="WEBSOCKET_ENDPOINT", pattern="^https?://")


@cache
def _settings() -> Settings:
    return Settings.model_validate(dict(os.environ))


@cache
def _connections() -> ConnectionTable:
    return ConnectionTable(dynamodb.client(), _settings().connections_table)


@cache
def _sockets() -> ApiGatewaySockets:
    return ApiGatewaySockets.at(_settings().websocket_endpoint, side_by_side=THREADS)


def _events(event: dict[str, Any]) -> list[BuildEvent]:
    messages = (BuildEvents.model_validate_json(record["Sns"]["Message"]) for record in event["Records"])
    return [told for message in messages for told in message.events]


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    events = _events(event)
    told = broadcast(events, now(), _connections(), _sockets())
    counts = {delivery.value: told[delivery] for delivery in Delivery}
    logger.info("broadcast", extra={"builds": len(events), **counts})
    for name, count in counts.items():
        metrics.add_metric(name=name.capitalize(), unit=MetricUnit.Count, value=count)
