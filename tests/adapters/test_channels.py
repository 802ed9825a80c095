"""Which channels there are for what a deployment says."""

import pytest
from moto import mock_aws
from pydantic import ValidationError

from pipeline_health.adapters.channels import configured
from pipeline_health.adapters.email import Email
from pipeline_health.adapters.ses import Ses
from pipeline_health.adapters.slack import Slack
from pipeline_health.adapters.smtp import SmtpServer
from pipeline_health.flows.alert_settings import AlertSettings

MAIL = {"ALERT_EMAIL_FROM": "ci@acme.example", "ALERT_EMAIL_TO": "ada@acme.example, bob@acme.example,"}
SECRETS = {"slack_webhook": "https://hooks.slack.com/x", "smtp_user": "ci", "smtp_pass": "pa55"}


def settings(**said: str) -> AlertSettings:
    return AlertSettings.model_validate({"CLAIMS_TABLE": "claims", **said})


def test_it_has_no_channel_where_nothing_is_said() -> None:
    assert configured(settings(ALERT_EMAIL_FROM="", ALERT_EMAIL_TO="", SMTP_HOST=""), {}) == {}


@pytest.mark.parametrize("name", MAIL)
def test_it_sends_no_mail_without_both_ends(name: str) -> None:
    assert configured(settings(**{name: MAIL[name]}), {}) == {}


def test_it_has_slack_where_there_is_a_webhook() -> None:
    slack = configured(settings(), SECRETS)["slack"]
    assert isinstance(slack, Slack)
    assert (slack.webhook.url, slack.webhook.insecure) == ("https://hooks.slack.com/x", False)


def test_it_mails_through_ses_to_everybody_named() -> None:
    with mock_aws():
        email = configured(settings(**MAIL), {})["email"]
    assert isinstance(email, Email)
    assert isinstance(email.post, Ses)
    assert email.receivers == ("ada@acme.example", "bob@acme.example")


def test_it_mails_through_smtp_where_a_server_is_named() -> None:
    said = settings(**MAIL, SMTP_HOST="mail.example", SMTP_PORT="2525", ALLOW_INSECURE_RECEIVERS="on")
    email = configured(said, SECRETS)["email"]
    assert isinstance(email, Email)
    assert email.post == SmtpServer("mail.example", 2525, "ci", "pa55", insecure=True)


def test_it_knows_the_usual_port_of_a_mail_server() -> None:
    assert settings(SMTP_PORT="").smtp_port == 587


def test_it_wishes_what_the_deployment_says() -> None:
    wishes = settings(ALERT_ON="failure", ALERT_BRANCHES="all", ALERT_MAX_AGE_SECONDS="3600").wishes
    assert (wishes.every_failure, wishes.every_branch, wishes.max_age) == (True, True, 3_600_000)


def test_it_is_quiet_unless_told_otherwise() -> None:
    wishes = settings().wishes
    assert (wishes.every_failure, wishes.every_branch, wishes.max_age) == (False, False, 86_400_000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"CLAIMS_TABLE": ""},
        {"ALERT_ON": "always"},
        {"ALERT_BRANCHES": "main"},
        {"ALERT_MAX_AGE_SECONDS": "31536000"},
        {"SMTP_PORT": "70000"},
        {"ALLOW_INSECURE_RECEIVERS": "maybe"},
    ],
)
def test_it_refuses_settings_that_mean_nothing(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)
