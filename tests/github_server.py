"""A stand-in GitHub: its REST API for runs, attempts, jobs and webhook deliveries, as documented.

https://docs.github.com/en/rest/actions/workflow-runs https://docs.github.com/en/rest/repos/webhooks
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline_health.domain.times import parse_instant
from tests.ingesting import Document, changed, encoded, github_run
from tests.sender_server import Asked, Said, Sender

LISTED: Final = 1_000  # of a filtered list GitHub shows no more
_REPOSITORY: Final[Document] = {"id": 77, "name": "shop", "full_name": "acme/shop", "private": True}
_SAME: Final = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}


@dataclass
class GitHubServer(Sender):
    """`runs` are attempts, as webhooks carry them; of each run the list shows the highest one alone."""

    repo: str = "acme/shop"
    org: str = "acme"
    token: str = ""
    base: str = ""  # GitHub Enterprise Server has its API at /api/v3
    runs: list[Document] = field(default_factory=list)
    jobs: dict[tuple[int, int], list[Document]] = field(default_factory=dict)
    hooks: list[Document] = field(default_factory=list)
    deliveries: list[Document] = field(default_factory=list)

    def answer(self, asked: Asked) -> Said:
        if self.token and asked.headers.get("authorization") != f"Bearer {self.token}":
            return Said(401, {"message": "Bad credentials", "status": "401"})
        if "user-agent" not in asked.headers:
            return Said(403, b"Request forbidden by administrative rules.")
        for pattern, route in self._routes():
            place = f"{self.base}/(?:repos/{self.repo}|orgs/{self.org}(?=/hooks))"
            if found := re.fullmatch(f"{place}{pattern}", asked.path):
                return self._tagged(asked, route(asked, *map(int, found.groups())))
        return Said(404, _SAME)

    def _routes(self) -> list[tuple[str, Callable[..., Said]]]:
        return [
            ("", lambda _: Said(200, {**_REPOSITORY, "full_name": self.repo, "default_branch": "main"})),
            ("/actions/runs", self._list),
            (r"/actions/runs/(\d+)/attempts/(\d+)", self._attempt),
            (r"/actions/runs/(\d+)/attempts/(\d+)/jobs", self._jobs),
            ("/hooks", lambda asked: self._page(asked, self.hooks)),
            (r"/hooks/(\d+)/deliveries", lambda asked, _: self._page(asked, self.deliveries)),
            (r"/hooks/(\d+)/deliveries/(\d+)/attempts", self._again),
        ]

    def _list(self, asked: Asked) -> Said:
        newest: dict[int, Document] = {}
        for run in sorted(self.runs, key=lambda run: int(run["run_attempt"])):
            newest[run["id"]] = run
        since, _, until = asked.query["created"].partition("..")
        found = [
            run
            for run in newest.values()
            if parse_instant(since) <= parse_instant(run["created_at"]) <= parse_instant(until)
        ]
        found.sort(key=lambda run: (run["created_at"], run["id"]), reverse=True)
        page = self._page(asked, found[:LISTED])
        return Said(200, {"total_count": len(found), "workflow_runs": page.body}, page.headers)

    def _page(self, asked: Asked, listed: list[Document]) -> Said:
        number, size = int(asked.query.get("page", 1)), int(asked.query.get("per_page", 30))
        first = (number - 1) * size
        more = {**asked.query, "page": str(number + 1)}
        address = f"{self.url}{asked.path}?" + "&".join(f"{name}={value}" for name, value in more.items())
        last = f'<{self.url}{asked.path}?page=99>; rel="last"'
        link = {"Link": f'<{address}>; rel="next", {last}'} if first + size < len(listed) else {}
        return Said(200, listed[first : first + size], link)

    def _attempt(self, _: Asked, run_id: int, attempt: int) -> Said:
        """GitHub's `updated_at` of an earlier attempt is the whole run's, so the last attempt's."""
        attempts = [run for run in self.runs if run["id"] == run_id]
        found = [run for run in attempts if run["run_attempt"] == attempt]
        last = max((run["updated_at"] for run in attempts), default="")
        return Said(200, {**found[0], "updated_at": last}) if found else Said(404, _SAME)

    def _jobs(self, asked: Asked, run_id: int, attempt: int) -> Said:
        page = self._page(asked, self.jobs.get((run_id, attempt), []))
        return Said(200, {"total_count": 0, "jobs": page.body}, page.headers)

    def _again(self, _: Asked, _hook: int, delivery: int) -> Said:
        (first,) = [each for each in self.deliveries if each["id"] == delivery]
        again = {**first, "id": delivery + 10_000, "redelivery": True, "status_code": 0}
        self.deliveries.insert(0, again)
        return Said(202, {})

    def _tagged(self, asked: Asked, said: Said) -> Said:
        if said.status != 200:
            return said
        etag = f'W/"{hashlib.sha256(said.encoded).hexdigest()}"'
        limits = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999", "ETag": etag}
        if asked.headers.get("if-none-match") == etag:
            return Said(304, headers=limits)
        return Said(200, said.body, {**said.headers, **limits})


def listed_run(**run: Any) -> Document:
    """A run as the API lists it: the webhook's, whose repository does not name its default branch."""
    found: Document = github_run(**run)["workflow_run"]
    return found


def failed_delivery(number: int, at: str, **fields: Any) -> Document:
    delivery = {
        "id": number,
        "guid": f"0b989ba4-242f-11e5-81e1-{number:012d}",
        "delivered_at": at,
        "redelivery": False,
        "duration": 10.0,
        "status": "failed to connect to host",
        "status_code": 0,
        "event": "workflow_run",
        "action": "completed",
        "installation_id": None,
        "repository_id": 77,
        "throttled_at": None,
    }
    return changed(delivery, fields)


def a_hook(url: str = "https://api.example.com/ingest/github", **fields: Any) -> Document:
    config = {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": url}
    return {"type": "Repository", "id": 12, "name": "web", "active": True, "config": config, **fields}


def body_of(run: Document) -> bytes:
    """The webhook that GitHub would have sent of it."""
    return encoded({**github_run(), "workflow_run": run})
