"""What a deployment says of its alerts: the environment of the alerts function, validated once."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pipeline_health.domain.alert import Wishes
from pipeline_health.domain.times import DAY, SECOND

CLAIM_DAYS: Final = 30  # how long it is known what was told
SMTP_PORT: Final = 587  # submission, RFC 6409


def _listed(value: Any) -> Any:
    """a@x.org, b@x.org"""
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def _port(value: Any) -> Any:
    return value or SMTP_PORT


class AlertSettings(BaseModel):
    """The names are those of the environment variables. Empty is "not configured"."""

    model_config = ConfigDict(frozen=True, alias_generator=str.upper)

    claims_table: str = Field(min_length=1)
    alerts_secret_arn: str = ""
    alert_on: Literal["change", "failure"] = "change"
    alert_branches: Literal["all", "default"] = "default"
    # An alert older than what is known of claims could be told twice.
    alert_max_age_seconds: int = Field(default=DAY // SECOND, ge=60, le=CLAIM_DAYS * DAY // SECOND)
    alert_email_from: str = ""
    alert_email_to: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    smtp_host: str = ""
    smtp_port: Annotated[int, BeforeValidator(_port), Field(ge=1, le=65_535)] = SMTP_PORT
    allow_insecure_receivers: Literal["on", "off", ""] = ""

    @property
    def wishes(self) -> Wishes:
        return Wishes(
            every_failure=self.alert_on == "failure",
            every_branch=self.alert_branches == "all",
            max_age=self.alert_max_age_seconds * SECOND,
        )

    @property
    def insecure(self) -> bool:
        """Whether plain http, plain SMTP and this machine itself may receive; for one machine only."""
        return self.allow_insecure_receivers == "on"
