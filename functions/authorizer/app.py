"""Whether a token opens the read API: the read token, or one of the issuer that the deployment names."""

import os
import time
from functools import cache
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

from pipeline_health.adapters.openid import OpenIdTokens
from pipeline_health.adapters.read_token import ReadToken
from pipeline_health.adapters.secrets import SharedSecret, secrets_client
from pipeline_health.flows.reader import bearer

TOKEN_LIMIT: Final = 8192  # characters; an identity provider's tokens have some thousand at most

logger = Logger()
metrics = Metrics(namespace="PipelineHealth")


class Tokens(Protocol):
    def open(self, token: str, now: int) -> bool: ...


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    read_token_arn: str = Field(alias="READ_TOKEN_ARN", default="")
    oidc_issuer: str = Field(alias="OIDC_ISSUER", default="", pattern="^(https://.+)?$")
    oidc_audience: str = Field(alias="OIDC_AUDIENCE", default="")


@cache
def _tokens() -> Tokens:
    settings = Settings.model_validate(dict(os.environ))
    if settings.oidc_issuer:
        return OpenIdTokens(settings.oidc_issuer, settings.oidc_audience)
    return ReadToken(SharedSecret(secrets_client, settings.read_token_arn, "read"))


@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, bool]:
    """API Gateway keeps the answer for each token; raised errors are a 500 and let nobody in."""
    token = bearer(event.get("headers") or {})
    opened = 0 < len(token) <= TOKEN_LIMIT and _tokens().open(token, time.time_ns() // 1_000_000)
    outcome = "reader_let_in" if opened else "reader_refused"
    logger.info(outcome, route=event.get("routeKey"))
    metrics.add_metric(name=outcome, unit=MetricUnit.Count, value=1)
    return {"isAuthorized": opened}
