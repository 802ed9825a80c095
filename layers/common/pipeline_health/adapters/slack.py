"""Alerts in Slack, by an incoming webhook: Block Kit, and plain text where blocks are not shown.

Names come from whoever may push to a repository, so none of them may format, link or call anybody. In blocks
they stand in plain_text objects, which Slack does not interpret; mrkdwn holds our own words alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipeline_health.adapters.webhooks import Webhook
from pipeline_health.domain.alert import Alert
from pipeline_health.domain.alert_words import cut, explanation, facts, shown, signed_headline
from pipeline_health.flows.alert_settings import AlertSettings

# https://docs.slack.dev/reference/block-kit/blocks
HEADER_LIMIT: Final = 150
SECTION_LIMIT: Final = 3000
URL_LIMIT: Final = 2500  # as it stands in a link, so that a section holds it and our words
FIELD_LIMIT: Final = 2000

_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_IN_LINK: Final = str.maketrans({"|": "%7C", "<": "%3C", ">": "%3E", '"': "%22", "&": "&amp;"})
# Where entities are not decoded: angles that Slack cannot take for its own, and an @ that calls nobody.
_LOOKALIKES: Final = str.maketrans({"<": "\u2039", ">": "\u203a", "@": "@\u2060"})

Block = dict[str, Any]


@dataclass(frozen=True)
class Slack:
    webhook: Webhook

    def send(self, alert: Alert) -> None:
        self.webhook.post(message(alert))


def channel(settings: AlertSettings, secrets: Mapping[str, str]) -> Slack | None:
    url = secrets.get("slack_webhook")
    return Slack(Webhook(url, insecure=settings.insecure)) if url else None


def message(alert: Alert) -> dict[str, Any]:
    return {"text": _fallback(alert), "mrkdwn": False, "blocks": _blocks(alert)}


def escaped(text: str) -> str:
    """The three characters Slack reads as control characters, and no `@here` or `@channel` either."""
    return text.replace("@", "@\u2060").translate(_ENTITIES)


def _fallback(alert: Alert) -> str:
    return escaped(f"{signed_headline(alert)}. {explanation(alert)}")


def _blocks(alert: Alert) -> list[Block]:
    blocks: list[Block] = [
        {"type": "header", "text": _plain(signed_headline(alert), HEADER_LIMIT)},
        {"type": "section", "text": _mrkdwn(f"{explanation(alert)}{_link(alert)}")},
        {
            "type": "section",
            "fields": [_plain(f"{label}: {value}", FIELD_LIMIT) for label, value in facts(alert)],
        },
    ]
    if alert.build.title:
        blocks.append({"type": "context", "elements": [_plain(shown(alert.build.title), FIELD_LIMIT)]})
    return blocks


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": cut(text.translate(_LOOKALIKES), limit), "emoji": False}


def _mrkdwn(text: str) -> Block:
    """`verbatim`: Slack makes no links and mentions of its own."""
    return {"type": "mrkdwn", "text": cut(text, SECTION_LIMIT), "verbatim": True}


def _link(alert: Alert) -> str:
    """A link and no button: Slack shows a warning beside a button whose app answers no clicks
    (https://github.com/slackapi/node-slack-sdk/issues/869). None rather than one that is cut.
    """
    url = (alert.build.url or "").translate(_IN_LINK)
    return f" <{url}|Open build>" if 0 < len(url) <= URL_LIMIT else ""
