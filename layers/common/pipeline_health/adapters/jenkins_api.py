"""Jenkins' JSON API, read for the builds of a server, of a folder, or of one job.

https://www.jenkins.io/doc/book/using/remote-access-api/
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import Field

from pipeline_health.adapters.http_reader import Answer, Site, failure
from pipeline_health.domain.build import Build, Sighting
from pipeline_health.domain.jobs import JobSighting
from pipeline_health.flows.reconcile import Page, Part, SourceFailed, Span
from pipeline_health.providers.fields import Wire
from pipeline_health.providers.jenkins_api import FIELDS, sighting
from pipeline_health.providers.refusal import Refusal

_PAGE: Final = 100
_DEPTH: Final = 20  # of folders in folders
# `jobs[name]{0,1}` tells a folder from a job: a job has no jobs at all.
_JOBS: Final = "name,jobs[name]{0,1},lastBuild[timestamp]"
_HINTS: Final[Mapping[str, bool]] = {"1": True, "0": False}


class _Last(Wire):
    timestamp: int


class _Item(Wire):
    """A folder, or a job: only a folder has jobs."""

    name: str = ""
    jobs: list[dict[str, Any]] | None = None
    lastBuild: _Last | None = None  # noqa: N815  (Jenkins' name)


class _Folder(Wire):
    jobs: list[_Item] | None = None
    lastBuild: _Last | None = None  # noqa: N815


class _Builds(Wire):
    allBuilds: list[dict[str, Any]] = Field(default_factory=list)  # noqa: N815


def site(url: str, credentials: str, *, insecure: bool = False) -> Site:
    """`credentials` as Jenkins takes them: user:token; none, where Jenkins shows everybody everything."""
    basic = b64encode(credentials.encode()).decode()
    headers = {
        "User-Agent": "pipeline-health",
        **({"Authorization": f"Basic {basic}"} if credentials else {}),
    }
    return Site(url.partition("?")[0], headers, insecure=insecure)


def hint(url: str) -> bool | None:
    """What `?multibranch=` says: the same as on the webhook's URL, for both must name a build alike."""
    return _HINTS.get(parse_qs(urlsplit(url).query).get("multibranch", [""])[0])


@dataclass
class Jenkins:
    site: Site
    multibranch: bool | None
    clock: Callable[[], int]

    @property
    def name(self) -> str:
        """Without a user's name, which an address may hold."""
        parts = urlsplit(self.site.url)
        return f"jenkins {parts.netloc.rpartition('@')[2]}{parts.path}"

    def parts(self, span: Span) -> Iterator[Part]:
        """Jobs that were built since then."""
        yield from self._below("", span, _DEPTH)

    def settled(self, sighting: Sighting) -> Sighting:
        return sighting

    def attempt(self, _sighting: Sighting, _number: int) -> Sighting | None:
        return None  # a Jenkins build is its only attempt

    def jobs(self, _build: Build) -> Iterable[JobSighting]:
        return ()  # Jenkins tells of none

    def redeliver(self, _since: int) -> int | None:
        return 0  # Jenkins keeps nothing that it could send again

    def _below(self, path: str, span: Span, depth: int) -> Iterator[Part]:
        first = 0
        while True:
            tree = f"jobs[{_JOBS}]{{{first},{first + _PAGE}}},lastBuild[timestamp]"
            folder = self._ask(path, tree).read(_Folder)
            if folder.jobs is None:
                yield from self._job(path, folder.lastBuild, span)
                return
            for item in folder.jobs:
                inside = f"{path}/job/{quote(item.name, safe='')}"
                if item.jobs is None:
                    yield from self._job(inside, item.lastBuild, span)
                elif depth:
                    yield from self._below(inside, span, depth - 1)
            if len(folder.jobs) < _PAGE:
                return
            first += _PAGE

    def _job(self, path: str, last: _Last | None, span: Span) -> Iterator[Part]:
        if last and last.timestamp >= span.since:
            yield Part(path, partial(self._pages, path, span))

    def _pages(self, path: str, span: Span) -> Iterator[Page]:
        """`builds` would end after the newest hundred; `allBuilds` goes on, newest first."""
        first = 0
        while True:
            tree = f"allBuilds[{FIELDS}]{{{first},{first + _PAGE}}}"
            builds = self._ask(path, tree).read(_Builds).allBuilds
            found = [each for each in map(self._sighting, builds) if each]
            within = [each for each in found if span.since <= each.build.at < span.until]
            yield Page(within, unusable=len(builds) - len(found))
            if len(builds) < _PAGE or (found and found[-1].build.at < span.since):
                return
            first += _PAGE

    def _sighting(self, build: dict[str, Any]) -> Sighting | None:
        try:
            return sighting(build, self.multibranch, self.clock())
        except Refusal:
            return None  # counted as unusable

    def _ask(self, path: str, tree: str) -> Answer:
        return _checked(self.site.get(f"{path}/api/json?tree={quote(tree, safe='')}"))


def _checked(answer: Answer) -> Answer:
    if answer.status != 200:
        raise failure(answer)
    if "x-jenkins" not in answer.headers:
        raise SourceFailed("not_jenkins")
    return answer
