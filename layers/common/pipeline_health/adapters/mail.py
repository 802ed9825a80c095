"""An alert as a mail: HTML, and the same in plain text. Names are escaped; they are a sender's."""

from dataclasses import dataclass
from html import escape
from typing import Final

from pipeline_health.domain.alert import Alert
from pipeline_health.domain.alert_words import explanation, facts, headline, shown
from pipeline_health.domain.build import digest
from pipeline_health.domain.events import Change

_COLOURS: Final = {Change.BROKEN: "#c62828", Change.STILL_FAILING: "#b45309", Change.FIXED: "#2e7d32"}


@dataclass(frozen=True)
class Mail:
    """`id` is the same however often an alert is sent, so that a mailbox can show it once."""

    id: str
    subject: str
    text: str
    html: str


def compose(alert: Alert) -> Mail:
    return Mail(digest(*alert.identity, length=40), headline(alert), _text(alert), _html(alert))


def _text(alert: Alert) -> str:
    lines = [
        headline(alert),
        "",
        explanation(alert),
        "",
        *(f"{label}: {value}" for label, value in facts(alert)),
    ]
    if alert.build.title:
        lines += ["", shown(alert.build.title)]
    if alert.build.url:
        lines += ["", alert.build.url]
    return "\n".join((*lines, ""))


def _html(alert: Alert) -> str:
    rows = "".join(_ROW.format(label=escape(label), value=escape(value)) for label, value in facts(alert))
    return _PAGE.format(
        colour=_COLOURS[alert.change],
        headline=escape(headline(alert)),
        explanation=escape(explanation(alert)),
        title=_TITLE.format(title=escape(shown(alert.build.title))) if alert.build.title else "",
        rows=rows,
        link=_LINK.format(url=escape(alert.build.url), colour=_COLOURS[alert.change])
        if alert.build.url
        else "",
    )


# Tables and inline styles: what mail programs understand.
_PAGE: Final = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{headline}</title></head>
<body style="margin:0;padding:24px 12px;background:#f3f4f6;\
font-family:system-ui,-apple-system,'Segoe UI',sans-serif">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0"><tr><td align="center">
<table role="presentation" width="600" cellspacing="0" cellpadding="0" style="width:100%;max-width:600px;\
background:#ffffff;border:1px solid #e5e7eb;border-top:4px solid {colour};border-radius:6px">
<tr><td style="padding:20px 24px 24px;color:#1f2937;font-size:15px;line-height:1.5">
<h1 style="margin:0 0 8px;font-size:19px;line-height:1.35;color:{colour};\
overflow-wrap:anywhere">{headline}</h1>
<p style="margin:0 0 16px">{explanation}</p>
{title}<table role="presentation" cellspacing="0" cellpadding="0" style="width:100%;font-size:14px">
{rows}</table>
{link}</td></tr></table>
</td></tr></table></body></html>
"""
_ROW: Final = """\
<tr><th scope="row" align="left" valign="top" style="padding:4px 16px 4px 0;font-weight:normal;color:#6b7280;\
white-space:nowrap">{label}</th>\
<td valign="top" style="padding:4px 0;width:100%;overflow-wrap:anywhere">{value}</td></tr>
"""
_TITLE: Final = """\
<p style="margin:0 0 16px;padding-left:12px;border-left:3px solid #e5e7eb;color:#4b5563;\
overflow-wrap:anywhere">{title}</p>
"""
_LINK: Final = """\
<p style="margin:20px 0 0"><a href="{url}" style="display:inline-block;padding:9px 18px;border-radius:5px;\
background:{colour};color:#ffffff;text-decoration:none">Open build</a></p>
"""
