"""GitHub's REST API, read for the runs of one repository; GitHub Enterprise Server has it at /api/v3."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from pipeline_health.adapters.github_hooks import redeliver
from pipeline_health.adapters.github_rest import Rest, following
from pipeline_health.adapters.http_reader import Site
from pipeline_health.domain.build import Build, Sighting
from pipeline_health.domain.jobs import JobSighting
from pipeline_health.domain.times import DAY, SECOND, format_instant
from pipeline_health.flows.reconcile import Page, Part, SourceFailed, Span
from pipeline_health.providers.fields import Wire
from pipeline_health.providers.github_api import ended_with, is_end_doubtful, sighting
from pipeline_health.providers.github_jobs import listed
from pipeline_health.providers.refusal import Refusal

_SEARCH_LIMIT: Final = 1_000  # of a list with `created=` GitHub tells no more, whatever its total_count


class _Runs(Wire):
    total_count: int = 0
    workflow_runs: list[dict[str, Any]]


class _Jobs(Wire):
    jobs: list[dict[str, Any]]


@dataclass(frozen=True)
class Read:
    """A page that was recorded: where it has not changed, nothing on it is news."""

    etag: str
    next: str | None


@dataclass
class GitHub:
    """`etags` lives as long as this object: for a function, as long as it stays warm."""

    site: Site
    repo: str
    clock: Callable[[], int]
    etags: dict[str, Read] = field(default_factory=dict)
    _repository: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"github {self.repo}"

    @property
    def _rest(self) -> Rest:
        return Rest(self.site, self.clock)

    def parts(self, span: Span) -> Iterator[Part]:
        """Days: their addresses stay the same from look to look, so that an ETag can answer."""
        self._repository = self._rest.ask(self._path()).read(dict[str, Any])
        for day in range(-(-span.until // DAY) - 1, span.since // DAY - 1, -1):
            start, end = max(day * DAY, span.since), min((day + 1) * DAY, span.until)
            yield Part(format_instant(start)[:10], partial(self._pages, start, end))

    def settled(self, sighting: Sighting) -> Sighting:
        return self._ended(sighting) if is_end_doubtful(sighting.build) else sighting

    def attempt(self, sighting: Sighting, number: int) -> Sighting | None:
        """An earlier attempt's `updated_at` is the latest one's, so its end is always its jobs'."""
        try:
            answer = self._rest.ask(self._path("actions/runs", sighting.build.run, "attempts", number))
        except SourceFailed as failed:
            if failed.reason == "not_found":
                return None
            raise
        found = self._sighting(answer.read(dict[str, Any]))
        return self._ended(found) if found and found.build.status.completed else found

    def jobs(self, build: Build) -> Iterator[JobSighting]:
        for job in self._jobs(build):
            with suppress(Refusal):  # the others and their build are told without it
                yield listed(job, self._repository, self.clock())

    def redeliver(self, since: int) -> int | None:
        return redeliver(self._path("hooks"), since, self._rest)

    def _pages(self, start: int, end: int) -> Iterator[Page]:
        created = f"{format_instant(start)}..{format_instant(end - SECOND)}"
        address: str | None = f"{self._path('actions/runs')}?per_page=100&created={created}"
        while address:
            known = self.etags.get(address)
            answer = self._rest.ask(address, known.etag if known else "")
            if answer.status == 304 and known:
                address = known.next
                continue
            runs = answer.read(_Runs)
            if runs.total_count > _SEARCH_LIMIT and end - start > 2 * SECOND:
                middle = (start + end) // 2 // SECOND * SECOND
                yield from self._pages(middle, end)
                yield from self._pages(start, middle)
                return
            yield self._page(runs.workflow_runs)
            # Whoever took the page asks for the next one, so that this one is recorded.
            after = following(answer)
            if etag := answer.headers.get("etag"):
                self.etags[address] = Read(etag, after)
            address = after

    def _page(self, runs: list[dict[str, Any]]) -> Page:
        found = [self._sighting(run) for run in runs]
        sightings = [each for each in found if each]
        return Page(sightings, unusable=len(found) - len(sightings))

    def _sighting(self, run: dict[str, Any]) -> Sighting | None:
        try:
            return sighting(run, self._repository, self.clock())
        except Refusal:
            return None  # counted as unusable

    def _ended(self, found: Sighting) -> Sighting:
        return ended_with(found, self._jobs(found.build), self.clock())

    def _jobs(self, build: Build) -> list[dict[str, Any]]:
        path = self._path("actions/runs", build.run, "attempts", build.attempt, "jobs")
        return [job for page in self._rest.listed(f"{path}?per_page=100") for job in page.read(_Jobs).jobs]

    def _path(self, *parts: object) -> str:
        return "/".join(("/repos", quote(self.repo), *map(str, parts)))
