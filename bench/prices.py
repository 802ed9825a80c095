"""What AWS asks for in us-east-1, in dollars, without free tiers, and where each price was read.

Scripts fill in AWS's own price tables, so its pages could be read in their worked examples alone; where those
name no price, whoever repeats it is the source. `make cost` prints this list.
"""

from dataclasses import dataclass
from typing import Final

_LAMBDA: Final = ("https://aws.amazon.com/lambda/pricing/", "2026-09-20")
_CLOUDCHIPR: Final = ("https://cloudchipr.com/blog/aws-lambda-pricing", "2024")
_GATEWAY: Final = ("https://aws.amazon.com/api-gateway/pricing/", "2026-09-20")
_AMNIC: Final = ("https://amnic.com/blogs/aws-api-gateway-pricing", "undated")
_AIRBYTE: Final = ("https://airbyte.com/data-engineering-resources/dynamodb-pricing", "2025-07-21")
_INFRACOST: Final = ("AWS's price list in infracost's published examples", "undated")
_SNS: Final = (
    "https://www.factualminds.com/blog/amazon-sns-pricing-publishes-fanout-protocols/",
    "2026-06-13",
)
_SECRETS: Final = ("https://aws.amazon.com/secrets-manager/pricing/", "2026-09-20")
_SIGNOZ: Final = ("https://signoz.io/guides/cloudwatch-pricing", "2026-02-15")
_EVENTS: Final = ("AWS's price list at huggingface.co/datasets/labofsahil/aws-pricing-dataset", "2024-10-01")


@dataclass(frozen=True)
class Price:
    service: str
    dollars: float
    per: int
    unit: str
    source: tuple[str, str]

    def of(self, amount: float) -> float:
        return amount * self.dollars / self.per

    def __str__(self) -> str:
        what = f"{self.service}: {self.dollars:g} $ for {self.per:,} {self.unit}"
        return f"{what:<66}{self.source[1]:<12}{self.source[0]}"


MILLION: Final = 1_000_000
PRICES: Final = {
    "invocations": Price("Lambda", 0.20, MILLION, "requests", _LAMBDA),
    "gb_seconds": Price("Lambda", 13.3334, MILLION, "GB-seconds on arm64", _CLOUDCHIPR),
    "http_requests": Price("API Gateway", 1.00, MILLION, "HTTP API requests", _GATEWAY),
    "messages": Price("API Gateway", 1.00, MILLION, "WebSocket messages", _AMNIC),
    "minutes": Price("API Gateway", 0.25, MILLION, "WebSocket minutes", _AMNIC),
    "write_units": Price("DynamoDB", 0.625, MILLION, "write units", _AIRBYTE),
    "read_units": Price("DynamoDB", 0.125, MILLION, "read units", _AIRBYTE),
    "stored_gb": Price("DynamoDB", 0.25, 1, "GB-month", _INFRACOST),
    "recoverable_gb": Price("DynamoDB", 0.20, 1, "GB-month recoverable (PITR)", _INFRACOST),
    "published": Price("SNS", 0.50, MILLION, "messages", _SNS),
    "secrets": Price("Secrets Manager", 0.40, 1, "secrets a month", _SECRETS),
    "secret_calls": Price("Secrets Manager", 0.05, 10_000, "calls", _SECRETS),
    "metrics": Price("CloudWatch", 0.30, 1, "custom metrics a month", _SIGNOZ),
    "alarms": Price("CloudWatch", 0.10, 1, "alarms a month", _INFRACOST),
    "logged_gb": Price("CloudWatch", 0.50, 1, "GB of logs taken in", _INFRACOST),
    "kept_gb": Price("CloudWatch", 0.03, 1, "GB-month of logs kept", _INFRACOST),
    "scheduled": Price("EventBridge", 0.0, 1, "scheduled calls (the first 14 million)", _EVENTS),
}
# What DynamoDB's streams, SNS and SQS ask for handing something to Lambda, or for being empty: nothing.
