"""Whether a token opens the read API: the read token, or one of the issuer that the deployment names."""

import os
import time
from functools import cache
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

from pipeline_health.adapters.read_token import ReadToken
from pipeline_health.adapters.secrets import SharedSecret, secrets_client
from pipeline_health.domain.reader import Reader
from pipeline_health.flows.ingest import Unavailable
from pipeline_health.flows.reader import bearer
from pipeline_health.flows.reconcile import SourceFailed

TOKEN_LIMIT: Final = 8192  # characters; an identity provider's tokens have some thousand at most

logger = Logger()
metrics = Metrics()


class Tokens(Protocol):
    def open(self, token: str, now: int) -> Reader | None: ...


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    read_token_arn: str = Field(alias="READ_TOKEN_ARN", default="")
    oidc_issuer: str = Field(alias="OIDC_ISSUER", default="", pattern="^(https?://.+)?$")
    oidc_audience: str = Field(alias="OIDC_AUDIENCE", default="")
    allow_insecure_receivers: str = Field(alias="ALLOW_INSECURE_RECEIVERS", default="", pattern="^(on|off)?$")


@cache
def _tokens() -> Tokens:
    settings = Settings.model_validate(dict(os.environ))
    if not settings.oidc_issuer:
        return ReadToken(SharedSecret(secrets_client, settings.read_token_arn, "read"))
    # Its cryptography makes a cold start two fifths longer, for most of us in vain.
    from pipeline_health.adapters.openid import OpenIdTokens  # noqa: PLC0415

    insecure = settings.allow_insecure_receivers == "on"
    return OpenIdTokens(settings.oidc_issuer, settings.oidc_audience, insecure=insecure)


@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """API Gateway keeps the answer for each token; raised errors are a 500 and let nobody in."""
    route = event.get("routeKey")
    try:
        reader = _reader(bearer(event.get("headers") or {}))
    except (SourceFailed, Unavailable) as failed:
        _tell("reader_not_checked", route, reason=str(failed))
        raise
    _tell("reader_let_in" if reader else "reader_refused", route)
    return {"isAuthorized": reader is not None, "context": _about(reader) if reader else {}}


def _reader(token: str) -> Reader | None:
    return _tokens().open(token, time.time_ns() // 1_000_000) if 0 < len(token) <= TOKEN_LIMIT else None


def _tell(outcome: str, route: str | None, reason: str | None = None) -> None:
    logger.info(outcome, route=route, reason=reason)
    metrics.add_metric(name=outcome, unit=MetricUnit.Count, value=1)


def _about(reader: Reader) -> dict[str, str]:
    """What the function behind is told; API Gateway hands on texts."""
    return {"pass_id": reader.pass_id} | ({} if reader.until is None else {"until": str(reader.until)})
