"""What an alert says, in words; the one place for it, so that every channel tells the same.

Every sentence is about the moment of its build ("broken for 2 h 13 min" at its completion), so that a message
that arrives late is still true.
"""

import re
from typing import Final

from pipeline_health.domain.alert import Alert
from pipeline_health.domain.build import Build
from pipeline_health.domain.events import Change
from pipeline_health.domain.times import SECOND, format_instant

HEADLINE_LIMIT: Final = 150  # characters; what Slack's header block takes, sign included

_WORDS: Final = {Change.BROKEN: "Broken", Change.STILL_FAILING: "Still failing", Change.FIXED: "Fixed"}
_SIGNS: Final = {Change.BROKEN: "🔴", Change.STILL_FAILING: "🟠", Change.FIXED: "🟢"}
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_NAME_IN_HEADLINE: Final = 40  # three of them, so that a long pipeline never hides the branch
_SHA: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# C1 controls, marks that turn the writing direction and characters without a shape: they fake other names.
_UNSEEN: Final = re.compile("[\u0080-\u0084\u0086-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def shown(text: str, limit: int = 200) -> str:
    """A sender's text on one line, at most `limit` characters, without what cannot be seen."""
    return cut(" ".join(_UNSEEN.sub("", text).split()) or "(blank)", limit)


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def spell(milliseconds: int) -> str:
    """A duration as people say it, by its two largest units: 2 h 13 min, 3 d 4 h, 45 s."""
    left = milliseconds // SECOND
    counts = []
    for unit, size in _UNITS:
        counts.append((left // size, unit))
        left %= size
    while len(counts) > 1 and counts[0][0] == 0:
        counts.pop(0)
    return " ".join(f"{n} {unit}" for n, unit in counts[:2] if n) or "less than 1 s"


def moment(instant: int) -> str:
    """2026-11-23 12:00 UTC"""
    text = format_instant(instant)
    return f"{text[:10]} {text[11:16]} UTC"


def headline(alert: Alert) -> str:
    """Broken: acme/api · CI on main"""
    build = alert.build
    names = dict.fromkeys(shown(name, _NAME_IN_HEADLINE) for name in (build.repo, build.pipeline))
    place = f"{' · '.join(names)} on {shown(build.branch, _NAME_IN_HEADLINE)}"
    return f"{_WORDS[alert.change]}: {place}"


def signed_headline(alert: Alert) -> str:
    """The same after a coloured sign, for where a glance must do."""
    return f"{_SIGNS[alert.change]} {headline(alert)}"


def explanation(alert: Alert) -> str:
    """What happened, since when and for how long, in one or two sentences."""
    return _EXPLANATIONS[alert.change](alert)


def _broken(alert: Alert) -> str:
    return f"Broken since {moment(alert.since)}.{_failures(alert)}"


def _still_failing(alert: Alert) -> str:
    return f"Broken for {spell(alert.broken_for)}, since {moment(alert.since)}.{_failures(alert)}"


def _fixed(alert: Alert) -> str:
    return f"Fixed {moment(alert.at)} after {spell(alert.broken_for)}, broken since {moment(alert.since)}."


def _failures(alert: Alert) -> str:
    return f" {alert.streak} failed builds in a row." if alert.streak > 1 else ""


_EXPLANATIONS: Final = {
    Change.BROKEN: _broken,
    Change.STILL_FAILING: _still_failing,
    Change.FIXED: _fixed,
}


def facts(alert: Alert) -> list[tuple[str, str]]:
    """Label and value of everything known about its build; what the sender did not say is left out."""
    build = alert.build
    known = {
        "Repository": build.repo,
        "Pipeline": build.pipeline,
        "Branch": build.branch,
        "Commit": _commit(build),
        "Started by": build.actor,
        "Build": _number(build),
        "Result": _result(build),
        "Duration": None if build.duration_ms is None else spell(build.duration_ms),
    }
    return [(label, shown(value)) for label, value in known.items() if value]


def _commit(build: Build) -> str | None:
    return build.commit[:10] if build.commit and _SHA.fullmatch(build.commit) else build.commit


def _number(build: Build) -> str | None:
    number = f"#{build.number}" if build.number is not None else ""
    attempt = f"attempt {build.attempt}" if build.attempt > 1 else ""
    return ", ".join(filter(None, (number, attempt)))


def _result(build: Build) -> str:
    """The product's word, and the sender's own where it says more: failure (timed_out)."""
    status, own = build.status.value, build.conclusion
    return status if own is None or own.lower() == status else f"{status} ({own})"
