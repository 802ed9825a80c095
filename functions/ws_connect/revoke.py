"""Every few minutes: ends WebSockets whose time is over, or whose reader is let in no more."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

from pipeline_health.adapters import dynamodb
from pipeline_health.adapters.clock import now
from pipeline_health.adapters.connections import ConnectionTable
from pipeline_health.adapters.read_token import ReadToken
from pipeline_health.adapters.secrets import SharedSecret, secrets_client
from pipeline_health.adapters.sockets import ApiGatewaySockets
from pipeline_health.domain.reader import pass_id
from pipeline_health.domain.subscription import Delivery
from pipeline_health.flows.ending import THREADS, end_all_over

logger = Logger()


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    connections_table: str = Field(alias="CONNECTIONS_TABLE", min_length=1)
    websocket_endpoint: str = Field(alias="WEBSOCKET_ENDPOINT", pattern="^https?://")
    read_token_arn: str = Field(alias="READ_TOKEN_ARN", default="")
    oidc_issuer: str = Field(alias="OIDC_ISSUER", default="")
    oidc_audience: str = Field(alias="OIDC_AUDIENCE", default="")


@cache
def _settings() -> Settings:
    return Settings.model_validate(dict(os.environ))


@cache
def _connections() -> ConnectionTable:
    return ConnectionTable(dynamodb.client(), _settings().connections_table)


@cache
def _sockets() -> ApiGatewaySockets:
    return ApiGatewaySockets.at(_settings().websocket_endpoint, side_by_side=THREADS)


@cache
def _read_token() -> ReadToken:
    return ReadToken(SharedSecret(secrets_client, _settings().read_token_arn, "read"))


def _passes(now: int) -> frozenset[str]:
    """What lets readers in. Where that cannot be read nobody is closed for it: raised, and asked again."""
    settings = _settings()
    if settings.oidc_issuer:  # each of its tokens says itself until when
        return frozenset({pass_id(settings.oidc_issuer, settings.oidc_audience)})
    return _read_token().passes(now)


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: LambdaContext) -> None:
    at = now()
    became = end_all_over(at, _passes(at), _connections(), _sockets())
    logger.info("looked", extra={delivery.value: became[delivery] for delivery in Delivery})
    if ended := became[Delivery.ENDED]:  # a metric that is told every five minutes costs, however small
        with single_metric("Ended", MetricUnit.Count, ended):
            pass
