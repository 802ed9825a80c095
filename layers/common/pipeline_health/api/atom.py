"""A feed of changes, as Atom (RFC 4287)."""

from dataclasses import dataclass
from typing import Any, Final

from pipeline_health.api.markup import escaped
from pipeline_health.domain.alert_words import shown

MEDIA_TYPE: Final = "application/atom+xml"
NEVER: Final = "1970-01-01T00:00:00Z"  # when a feed without entries changed: it must say something
# RFC 4151. Ours in every deployment, so that an entry stays the same when the API moves to another address.
_TAG: Final = "tag:pipeline-health,2026:"
_WORDS: Final = {"broken": "broke", "fixed": "was fixed"}


@dataclass(frozen=True)
class Feed:
    """`address` is the feed's own, `page` the page's."""

    changes: list[dict[str, Any]]
    address: str
    page: str


def atom(feed: Feed) -> str:
    updated = max((change["at"] for change in feed.changes), default=NEVER)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>{_TAG}changes</id>\n<title>Pipeline Health: what broke and what was fixed</title>\n"
        f"<updated>{updated}</updated>\n<author><name>Pipeline Health</name></author>\n"
        f'<link rel="self" type="{MEDIA_TYPE}" href="{escaped(feed.address)}"/>\n'
        f'<link rel="alternate" type="text/html" href="{escaped(feed.page)}"/>\n'
        f"{''.join(_entry(change, feed.page) for change in feed.changes)}</feed>\n"
    )


def _entry(change: dict[str, Any], page: str) -> str:
    """The same change is the same entry, whoever is told of it when."""
    build = change["build"]
    pipeline = change["pipeline"] or change["pipeline_id"]
    title = (
        f"{shown(pipeline)} {_WORDS[change['change']]} on {shown(change['branch'])} ({shown(change['repo'])})"
    )
    link = f"{page}?pipeline={change['pipeline_id']}" if build is None else f"{page}?build={build['id']}"
    return (
        f"<entry><id>{_TAG}{change['change']}/{change['build_id']}</id><title>{escaped(title)}</title>"
        f"<updated>{change['at']}</updated>"
        f'<link rel="alternate" type="text/html" href="{escaped(link)}"/>'
        f'<category term="{change["change"]}"/><summary>{escaped(_summary(build))}</summary></entry>\n'
    )


def _summary(build: dict[str, Any] | None) -> str:
    if build is None:
        return "The build itself is kept no longer."
    said = [build["title"], build["conclusion"], build["actor"] and f"by {build['actor']}", build["url"]]
    return ", ".join(shown(each, 300) for each in said if each)
