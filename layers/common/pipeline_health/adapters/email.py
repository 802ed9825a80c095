"""Alerts by mail: through SMTP where a server is named, else through SES."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline_health.adapters import ses
from pipeline_health.adapters.mail import Mail, compose
from pipeline_health.adapters.smtp import SmtpServer
from pipeline_health.domain.alert import Alert
from pipeline_health.flows.alert_settings import AlertSettings


class Post(Protocol):
    """What carries a mail; raises DeliveryFailed when it does not."""

    def deliver(self, mail: Mail, sender: str, receivers: tuple[str, ...]) -> None: ...


@dataclass(frozen=True)
class Email:
    post: Post
    sender: str
    receivers: tuple[str, ...]

    def send(self, alert: Alert) -> None:
        self.post.deliver(compose(alert), self.sender, self.receivers)


def channel(settings: AlertSettings, secrets: Mapping[str, str]) -> Email | None:
    """None without both a sender and a receiver."""
    sender, receivers = settings.alert_email_from, settings.alert_email_to
    return Email(_post(settings, secrets), sender, receivers) if sender and receivers else None


def _post(settings: AlertSettings, secrets: Mapping[str, str]) -> Post:
    if not settings.smtp_host:
        return ses.Ses(ses.client())
    user, password = secrets.get("smtp_user", ""), secrets.get("smtp_pass", "")
    return SmtpServer(settings.smtp_host, settings.smtp_port, user, password, insecure=settings.insecure)
