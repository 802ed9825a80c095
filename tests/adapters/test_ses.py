"""Mail through SES: on moto, and with the errors it is known to answer."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from mypy_boto3_sesv2 import SESV2Client

from pipeline_health.adapters import ses
from pipeline_health.adapters.mail import compose
from pipeline_health.flows.delivery import DeliveryFailed
from tests.alert_examples import alert

SENDER = "ci@acme.example"
RECEIVERS = ("ada@acme.example", "bob@acme.example")


@pytest.fixture
def client() -> Iterator[SESV2Client]:
    with mock_aws():
        yield boto3.client("sesv2")


def test_it_delivers_to_everybody(client: SESV2Client) -> None:
    client.create_email_identity(EmailIdentity=SENDER)
    mail = compose(alert())
    ses.Ses(client).deliver(mail, SENDER, RECEIVERS)
    (sent,) = ses_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sent_messages
    assert (sent.source, sent.subject, sent.body) == (SENDER, mail.subject, mail.html)
    assert sent.destinations["ToAddresses"] == list(RECEIVERS)


@pytest.mark.parametrize(
    ("code", "permanent"),
    [
        ("MessageRejected", True),
        ("MailFromDomainNotVerifiedException", True),
        ("AccountSuspendedException", True),
        ("SendingPausedException", True),
        ("BadRequestException", True),
        ("NotFoundException", True),
        ("TooManyRequestsException", False),
        ("LimitExceededException", False),
        ("AccessDeniedException", False),
        ("InternalServiceError", False),
    ],
)
def test_it_tells_refusals_for_good_from_those_for_now(
    client: SESV2Client, code: str, permanent: bool
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("send_email", code)
        with pytest.raises(DeliveryFailed, match=f"ses_{code}") as failed:
            ses.Ses(client).deliver(compose(alert()), SENDER, RECEIVERS)
    assert failed.value.permanent is permanent


def test_it_calls_an_ses_that_does_not_answer_temporary(
    client: SESV2Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(**_: object) -> None:
        raise ConnectTimeoutError(endpoint_url="https://email.example")

    monkeypatch.setattr(client, "send_email", silent)
    with pytest.raises(DeliveryFailed, match="unreachable") as failed:
        ses.Ses(client).deliver(compose(alert()), SENDER, RECEIVERS)
    assert not failed.value.permanent


def test_it_never_sends_again_by_itself() -> None:
    options: Any = ses.client().meta.config
    assert options.retries["total_max_attempts"] == 1
