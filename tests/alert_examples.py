"""Changes to tell of, for every test of alerts."""

from typing import Any

from pipeline_health.domain.alert import Alert, alerts_in
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.events import BuildEvent, Change
from pipeline_health.domain.times import HOUR

NOON = 1_795_435_200_000  # 2026-11-23 12:00 UTC
HOSTILE = (
    "<!channel> & <@U123> <https://evil.example|click> *bold* _it_ ~no~ `code` @here",
    'a"><script>alert(1)</script>',
    "x\u2028Bcc: spy@evil.example",
    "x\u0085Bcc: spy@evil.example",
    "\u202egnp.exe",
    "=?utf-8?q?evil?=",
    "b" * 512,
    "<" * 512,
    "🚀" * 512,
    "{0} {colour} %s",
    " ",
)


def build(**said: Any) -> Build:
    return Build(
        **{
            "provider": "github",
            "pipeline_id": "github.1.7",
            "run": "42",
            "repo": "acme/api",
            "pipeline": "CI",
            "branch": "main",
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "number": 42,
            "status": Status.FAILURE,
            "conclusion": "failure",
            "actor": "ada",
            "started_at": NOON - 125_000,
            "completed_at": NOON,
            "duration_ms": 125_000,
            "url": "https://github.com/acme/api/actions/runs/42",
            "title": "Make it faster",
            **said,
        }
    )


def event(change: Change | None = Change.BROKEN, *, flip: int = 1, **said: Any) -> BuildEvent:
    """A broken, still failing or fixed main of acme/api at NOON; `said` goes to its build."""
    facts: dict[str, Any] = {"since": NOON, "streak": 1}
    if change is not Change.BROKEN:
        facts = {"since": NOON - 2 * HOUR - 13 * 60_000, "streak": 3 if change is Change.STILL_FAILING else 1}
    if change is Change.FIXED:
        said = {"status": Status.SUCCESS, "conclusion": "success", **said}
    return BuildEvent(build=build(**said), revision=1, default=True, change=change, flip=flip, **facts)


def named(name: str) -> Alert:
    """A break of a build that has this name wherever a sender may put one."""
    names = ("repo", "pipeline", "branch", "actor", "commit", "conclusion", "title")
    said: dict[str, Any] = dict.fromkeys(names, name)
    return alert(**said)


def alert(change: Change = Change.BROKEN, *, flip: int = 1, **said: Any) -> Alert:
    (made,) = alerts_in([event(change, flip=flip, **said)])
    return made
