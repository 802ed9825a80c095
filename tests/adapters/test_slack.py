"""An alert in Slack: all that is known, within Slack's limits, and nothing a name could do."""

import json
import re
from typing import Any

import pytest

from pipeline_health.adapters.slack import Slack, escaped, message
from pipeline_health.adapters.webhooks import Webhook
from pipeline_health.domain.events import Change
from tests.alert_examples import HOSTILE, alert, named
from tests.web_server import Web, web_server


def texts(found: Any, kind: str) -> list[str]:
    """The text of every text object of one kind, wherever it stands."""
    if isinstance(found, list):
        return [text for each in found for text in texts(each, kind)]
    if not isinstance(found, dict):
        return []
    own = [found["text"]] if found.get("type") == kind else []
    return own + [text for each in found.values() for text in texts(each, kind)]


def test_it_says_everything_that_is_known() -> None:
    assert texts(message(alert())["blocks"], "plain_text") == [
        "🔴 Broken: acme/api · CI on main",
        "Repository: acme/api",
        "Pipeline: CI",
        "Branch: main",
        "Commit: 0123456789",
        "Started by: ada",
        "Build: #42",
        "Result: failure",
        "Duration: 2 min 5 s",
        "Make it faster",
    ]
    assert texts(message(alert())["blocks"], "mrkdwn") == [
        "Broken since 2026-11-23 12:00 UTC. <https://github.com/acme/api/actions/runs/42|Open build>"
    ]


def test_it_says_the_gist_in_plain_text_too() -> None:
    assert message(alert(Change.FIXED))["text"] == (
        "🟢 Fixed: acme/api · CI on main."
        " Fixed 2026-11-23 12:00 UTC after 2 h 13 min, broken since 2026-11-23 09:47 UTC."
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_it_lets_no_name_call_link_or_format(name: str) -> None:
    sent = message(named(name))
    assert not re.search(
        r"<[!@#h]|@(here|channel|everyone)", json.dumps(sent, ensure_ascii=False).replace(_LINK, "")
    )
    assert texts(sent["blocks"], "mrkdwn") == texts(message(alert())["blocks"], "mrkdwn")
    assert sent["mrkdwn"] is False


@pytest.mark.parametrize("name", HOSTILE)
def test_it_keeps_to_the_limits_of_slack(name: str) -> None:
    sent = message(named(name))
    header, *_, details = (block for block in sent["blocks"] if block["type"] in ("header", "section"))
    assert 0 < len(header["text"]["text"]) <= 150
    assert len(details["fields"]) <= 10
    assert all(0 < len(text) <= 2000 for text in texts(sent["blocks"], "plain_text"))


def test_it_escapes_what_slack_reads_as_control_characters() -> None:
    assert escaped("a & b <!channel> <@U1> @here") == (
        "a &amp; b &lt;!channel&gt; &lt;@\u2060U1&gt; @\u2060here"
    )


def test_it_keeps_a_link_whole_whatever_stands_in_its_url() -> None:
    (text,) = texts(message(alert(url="https://ci.example/a|b><c?x=1&y=2"))["blocks"], "mrkdwn")
    assert text.endswith(" <https://ci.example/a%7Cb%3E%3Cc?x=1&amp;y=2|Open build>")


def test_it_leaves_a_link_out_that_would_not_fit_rather_than_cut_it() -> None:
    (text,) = texts(message(alert(url="https://ci.example/?" + "&" * 2000))["blocks"], "mrkdwn")
    assert text == "Broken since 2026-11-23 12:00 UTC."


def test_it_has_no_link_where_the_sender_gave_none() -> None:
    (text,) = texts(message(alert(url=None, title=None))["blocks"], "mrkdwn")
    assert text == "Broken since 2026-11-23 12:00 UTC."


def test_it_arrives() -> None:
    with web_server(Web()) as web:
        Slack(Webhook(web.url, insecure=True)).send(alert())
    assert web.bodies == [json.loads(json.dumps(message(alert())))]


_LINK = "<https://github.com/acme/api/actions/runs/42|Open build>"
