"""Every channel there is. A new one is a file with its builder, and a line here."""

from collections.abc import Callable, Mapping
from typing import Final

from pipeline_health.adapters import email, slack
from pipeline_health.flows.alert_settings import AlertSettings
from pipeline_health.flows.delivery import Channel

# From what the deployment says and its secrets to a channel, or None where it is not configured.
Builder = Callable[[AlertSettings, Mapping[str, str]], Channel | None]

CHANNELS: Final[Mapping[str, Builder]] = {
    "slack": slack.channel,
    "email": email.channel,
}


def configured(settings: AlertSettings, secrets: Mapping[str, str]) -> dict[str, Channel]:
    built = ((kind, build(settings, secrets)) for kind, build in CHANNELS.items())
    return {kind: channel for kind, channel in built if channel}
