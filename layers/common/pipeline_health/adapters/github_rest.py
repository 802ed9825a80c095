"""GitHub's REST API: asked, page after page, and what its refusals mean.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from pipeline_health.adapters.http_reader import Answer, Site, failure, retry_after
from pipeline_health.domain.times import SECOND
from pipeline_health.flows.reconcile import SourceFailed

PUBLIC_API: Final = "https://api.github.com"
_PAUSE: Final = 60 * SECOND  # what GitHub asks for where it limits and does not say for how long
_NEXT: Final = re.compile(r'<([^>]+)>;[^,]*\brel="next"')


def site(url: str, token: str, *, insecure: bool = False) -> Site:
    """Without a token GitHub shows public repositories, 60 requests an hour."""
    headers = {
        "Accept": "application/vnd.github+json",
        "User-Agent": "pipeline-health",
        "X-GitHub-Api-Version": "2022-11-28",
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }
    return Site(url, headers, insecure=insecure)


@dataclass(frozen=True)
class Rest:
    site: Site
    clock: Callable[[], int]

    def ask(self, address: str, etag: str = "") -> Answer:
        return _checked(self.site.get(address, **({"If-None-Match": etag} if etag else {})), self.clock())

    def listed(self, address: str | None) -> Iterator[Answer]:
        """Page after page."""
        while address:
            answer = self.ask(address)
            yield answer
            address = following(answer)

    def post(self, address: str) -> None:
        _checked(self.site.post(address), self.clock())


def following(answer: Answer) -> str | None:
    found = _NEXT.search(answer.headers.get("link", ""))
    return found[1] if found else None


def _checked(answer: Answer, now: int) -> Answer:
    if answer.status < 300 or answer.status == 304:
        return answer
    if answer.status in (403, 429) and (pause := _pause(answer, now)):
        raise SourceFailed("rate_limited", permanent=False, retry_after=pause)
    raise failure(answer)


def _pause(answer: Answer, now: int) -> int:
    """Milliseconds to be quiet for; 0 where it is no limit but a refusal.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    if said := retry_after(answer.headers):
        return said
    if answer.headers.get("x-ratelimit-remaining") == "0":
        reset = answer.headers.get("x-ratelimit-reset", "")
        return max(SECOND, int(reset) * SECOND - now) if reset.isdecimal() else _PAUSE
    return _PAUSE if answer.status == 429 else 0
