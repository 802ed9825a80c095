"""The alerts function on real SNS events: what is told, logged and counted, and what is brought again."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from mypy_boto3_dynamodb import DynamoDBClient

from functions.alerts import app
from pipeline_health.adapters import dynamodb as shared
from pipeline_health.adapters import ses
from pipeline_health.adapters.secrets import secrets_client
from pipeline_health.domain.events import BuildEvent, BuildEvents, Change
from tests.alert_examples import NOON, event
from tests.mail_server import Mailbox, mail_server
from tests.web_server import Web, web_server

SECRET = "s3cr3t"


class Context(LambdaContext):
    _function_name = "alerts"
    _memory_limit_in_mb = 256
    _invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:alerts"
    _aws_request_id = "1"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 20_000


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server(Web()) as server:
        yield server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server(Mailbox()) as server:
        yield server


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A deployment without any channel, at NOON."""
    said = {"CLAIMS_TABLE": "ClaimsTable", "ALERT_ON": "change", "ALERT_BRANCHES": "default"}
    for name, value in {**said, "POWERTOOLS_SERVICE_NAME": "alerts"}.items():
        monkeypatch.setenv(name, value)
    for name in ("ALERTS_SECRET_ARN", "ALERT_EMAIL_FROM", "ALERT_EMAIL_TO", "SMTP_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(app, "now", lambda: NOON)
    _forget()
    yield
    _forget()


@pytest.fixture
def both(web: Web, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack and mail, both on this machine."""
    secret = boto3.client("secretsmanager").create_secret(
        Name="alerts", SecretString=json.dumps({"slack_webhook": web.url, "smtp_user": "", "smtp_pass": ""})
    )
    for name, value in {
        "ALERTS_SECRET_ARN": secret["ARN"],
        "ALERT_EMAIL_FROM": "ci@acme.example",
        "ALERT_EMAIL_TO": "ada@acme.example",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mailbox.port),
        "ALLOW_INSECURE_RECEIVERS": "on",
    }.items():
        monkeypatch.setenv(name, value)


def _forget() -> None:
    for cached in (app._settings, app._secrets, app._claims, shared.client, secrets_client, ses.client):
        cached.cache_clear()


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """What was printed: log lines, whose logger knows only the stdout of its import, and metrics."""
    log = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", log)
    return lambda: log.getvalue() + capsys.readouterr().out


def notification(*events: BuildEvent) -> dict[str, Any]:
    """As SNS hands it to Lambda."""
    message = BuildEvents(events=events).model_dump_json()
    attributes = {"changes": {"Type": "String.Array", "Value": '["broken"]'}}
    sns = {"Type": "Notification", "MessageId": "1", "Message": message, "MessageAttributes": attributes}
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": sns}]}


def handle(*events: BuildEvent) -> None:
    app.handler(notification(*events), Context())


def lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


@pytest.mark.usefixtures("both")
def test_it_tells_once_by_slack_and_by_mail_of_a_break_and_of_its_end(web: Web, mailbox: Mailbox) -> None:
    for _ in range(2):
        handle(event())
        handle(event(Change.FIXED, flip=2))
    assert [body["text"].split(":")[0] for body in web.bodies] == ["🔴 Broken", "🟢 Fixed"]
    assert [mail["Subject"].split(":")[0] for mail in mailbox.mails] == ["Broken", "Fixed"]


def test_it_does_nothing_and_fails_nowhere_without_a_channel(
    dynamodb: DynamoDBClient, printed: Callable[[], str]
) -> None:
    handle(event())
    assert dynamodb.scan(TableName="ClaimsTable")["Count"] == 0
    assert lines(printed())[0]["reason"] == "no_channel"


@pytest.mark.usefixtures("both")
def test_it_raises_so_that_lambda_brings_again_what_failed_and_only_that_is_told(
    web: Web, mailbox: Mailbox
) -> None:
    web.status = 503
    with pytest.raises(app.Untold, match="slack: http_503"):
        handle(event())
    web.status = 200
    handle(event())
    assert (len(web.bodies), len(mailbox.mails)) == (2, 1)


@pytest.mark.usefixtures("both")
def test_it_does_not_come_back_to_a_receiver_that_refuses_for_good(web: Web) -> None:
    web.status = 404
    handle(event())
    handle(event())
    assert len(web.bodies) == 1


@pytest.mark.usefixtures("both")
def test_it_mails_at_once_while_slack_hangs(
    web: Web, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.hangs = True
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 2_500)
    with pytest.raises(app.Untold, match="slack: put_off"):
        handle(event())
    assert len(mailbox.mails) == 1


@pytest.mark.usefixtures("both")
def test_it_logs_and_counts_each_decision_and_no_secret(web: Web, printed: Callable[[], str]) -> None:
    web.status = 404
    handle(event(), event(branch="next", completed_at=0))
    said = printed()
    assert SECRET not in said
    logged = [each for each in lines(said) if "message" in each]
    assert [(each["message"], each["channel"], each["reason"]) for each in logged] == [
        ("AlertSuppressed", "none", "too_old"),
        ("AlertRefused", "slack", "http_404"),
        ("AlertSent", "email", "none"),
    ]
    counted = [each for each in lines(said) if "_aws" in each]
    assert [each["_aws"]["CloudWatchMetrics"][0]["Namespace"] for each in counted] == ["PipelineHealth"] * 3
    assert counted[1]["AlertRefused"] == [1.0]
    assert (counted[1]["channel"], counted[1]["reason"]) == ("slack", "http_404")


@pytest.mark.usefixtures("both")
def test_it_says_where_an_unforeseen_error_came_from_and_not_what_it_said(
    monkeypatch: pytest.MonkeyPatch, printed: Callable[[], str]
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("pipeline_health.adapters.slack.message", broken)
    with pytest.raises(app.Untold, match="slack: ValueError"):
        handle(event())
    said = printed()
    assert "slack.py" in said
    assert SECRET not in said


def test_it_says_one_line_where_nothing_changed(printed: Callable[[], str]) -> None:
    handle(event(None))
    assert [each["message"] for each in lines(printed())] == ["nothing changed"]


def test_it_never_loses_a_message_that_it_cannot_read() -> None:
    with pytest.raises(ValueError, match="BuildEvents"):
        app.handler({"Records": [{"Sns": {"Message": "{}"}}]}, Context())
