"""Mail through Amazon SES."""

from functools import cache
from typing import TYPE_CHECKING, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipeline_health.adapters import aws
from pipeline_health.adapters.mail import Mail
from pipeline_health.flows.delivery import DeliveryFailed

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

# What SES calls these does not heal by itself; everything else, throttling and quotas among it, may.
_PERMANENT: Final = frozenset(
    (
        "AccountSuspendedException",
        "BadRequestException",
        "MailFromDomainNotVerifiedException",
        "MessageRejected",
        "NotFoundException",
        "SendingPausedException",
    )
)


class Ses:
    def __init__(self, client: "SESV2Client") -> None:
        self._client = client

    def deliver(self, mail: Mail, sender: str, receivers: tuple[str, ...]) -> None:
        try:
            self._client.send_email(
                FromEmailAddress=sender,
                Destination={"ToAddresses": list(receivers)},
                Content={
                    "Simple": {
                        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": mail.text, "Charset": "UTF-8"},
                            "Html": {"Data": mail.html, "Charset": "UTF-8"},
                        },
                    }
                },
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise DeliveryFailed(f"ses_{code}", permanent=code in _PERMANENT) from error
        except BotoCoreError as error:
            raise DeliveryFailed("unreachable", permanent=False) from error


@cache
def client() -> "SESV2Client":
    """One attempt: SES has no idempotency key, so a repetition after a lost answer would be a second mail."""
    config = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})
    return aws.client("sesv2", config)
