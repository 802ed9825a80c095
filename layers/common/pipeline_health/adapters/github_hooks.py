"""Webhooks that GitHub could not deliver: it keeps them for three days and sends them again if it is asked.

What was asked is read from GitHub's own list, so each is asked for once, whoever asks and however often.
https://docs.github.com/en/rest/repos/webhooks#redeliver-a-delivery-for-a-repository-webhook
https://docs.github.com/en/rest/orgs/webhooks#redeliver-a-delivery-for-an-organization-webhook
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

from pydantic import BeforeValidator

from pipeline_health.adapters.github_rest import Rest
from pipeline_health.domain.build import Build, Sighting
from pipeline_health.domain.jobs import JobSighting
from pipeline_health.domain.times import parse_instant
from pipeline_health.flows.reconcile import Part, SourceFailed, Span
from pipeline_health.providers.fields import Wire

_ROUTE: Final = "/ingest/github"
_PAGES: Final = 100  # of deliveries in one look
_ASKED: Final = 200  # in one look; more would be a burst of our own making


def _instant(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("must be a time in a string")  # noqa: TRY004  (pydantic reports ValueErrors)
    return parse_instant(value)


class _Config(Wire):
    url: str = ""


class _Hook(Wire):
    id: int
    active: bool = True
    config: _Config

    @property
    def ours(self) -> bool:
        return self.active and urlsplit(self.config.url).path.rstrip("/").endswith(_ROUTE)


class _Delivery(Wire):
    id: int
    guid: str
    delivered_at: Annotated[int, BeforeValidator(_instant)]
    redelivery: bool = False
    status_code: int = 0
    event: str = ""

    @property
    def settled(self) -> bool:
        """It got through, or was asked for before."""
        return self.redelivery or 200 <= self.status_code < 300


def redeliver(hooks: str, since: int, rest: Rest) -> int | None:
    """How many deliveries since then were asked for; None where the token may not see webhooks."""
    try:
        pages = rest.listed(f"{hooks}?per_page=100")
        ours = [hook.id for page in pages for hook in page.read(list[_Hook]) if hook.ours]
    except SourceFailed as failed:
        if failed.reason in ("forbidden", "not_found"):
            return None
        raise
    asked = 0
    for hook in ours:
        address = f"{hooks}/{hook}/deliveries"
        for delivery in islice(_failed(address, since, rest), _ASKED - asked):
            rest.post(f"{address}/{delivery}/attempts")
            asked += 1
    return asked


def _failed(address: str, since: int, rest: Rest) -> Iterator[int]:
    """The ids of deliveries of runs that never got through; a redelivery keeps the guid."""
    failed: dict[str, int] = {}
    settled: set[str] = set()
    for page in islice(rest.listed(f"{address}?per_page=100"), _PAGES):
        deliveries = page.read(list[_Delivery])
        for each in deliveries:
            if each.event == "workflow_run" and each.delivered_at >= since:
                failed[each.guid] = each.id
                settled |= {each.guid} if each.settled else set()
        if deliveries and deliveries[-1].delivered_at < since:
            break
    return (delivery for guid, delivery in failed.items() if guid not in settled)


@dataclass(frozen=True)
class OrgHooks:
    """A source that lists no builds: an organisation's own webhook, whose failed deliveries come again."""

    rest: Rest
    org: str

    @property
    def name(self) -> str:
        return f"github {self.org}"

    def parts(self, _: Span) -> Iterator[Part]:
        return iter(())

    def settled(self, sighting: Sighting) -> Sighting:
        return sighting

    def attempt(self, _: Sighting, _number: int) -> Sighting | None:
        return None

    def jobs(self, _: Build) -> Iterable[JobSighting]:
        return ()

    def redeliver(self, since: int) -> int | None:
        """Who names an organisation wants this: a token that may not see its webhooks is a failure."""
        asked = redeliver(f"/orgs/{quote(self.org)}/hooks", since, self.rest)
        if asked is None:
            raise SourceFailed("forbidden")
        return asked
