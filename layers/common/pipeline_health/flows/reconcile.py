"""What webhooks did not bring is fetched from the senders, and recorded as a webhook's word would be.

A look keeps no place of its own: it goes over the same recent days again, skips what is stored, and each
write has the webhook's condition. So it may stop anywhere, run twice, or run beside another look.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol
from zlib import crc32

from pipeline_health.domain.build import Build, Sighting, Status
from pipeline_health.domain.jobs import JobSighting
from pipeline_health.domain.times import DAY, HOUR, SECOND
from pipeline_health.flows.ingest import Builds, Recorded, Result

PERIOD: Final = 900 * SECOND  # the schedule's
_LOOKS_A_DAY: Final = DAY // PERIOD
_RERUN_DAYS: Final = 31  # GitHub lets a run be run again for 30 days, and lists it by its first creation
_ATTEMPTS: Final = 100  # GitHub allows 50 re-runs; so much is asked for at most
_ENDED: Final = Status.SUCCESS.rank
REDELIVERY: Final = 3 * DAY  # how long GitHub keeps what it can deliver again


class SourceFailed(Exception):
    """A sender's API cannot be read. `reason` is a word fit for a metric, without any secret; `permanent`
    says that asking again will not help; `retry_after` is for how many milliseconds it asked for quiet."""

    def __init__(self, reason: str, *, permanent: bool = True, retry_after: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


@dataclass(frozen=True)
class Span:
    """Builds created from `since` on and before `until`; whole days, so that questions repeat themselves."""

    since: int
    until: int


@dataclass(frozen=True)
class Page:
    """What one answer lists; `unusable` of its builds could not be read."""

    sightings: Sequence[Sighting]
    unusable: int = 0


@dataclass(frozen=True)
class Part:
    """A piece of a source that can be fetched by itself, such as a day or a job."""

    name: str
    pages: Callable[[], Iterator[Page]]


class Source(Protocol):
    """A repository or a server whose API lists builds. Every method may raise SourceFailed."""

    @property
    def name(self) -> str: ...
    def parts(self, span: Span) -> Iterator[Part]:
        """The newest first."""
        ...

    def settled(self, sighting: Sighting) -> Sighting:
        """The same build with whatever takes further requests; asked only of those that are recorded."""
        ...

    def attempt(self, sighting: Sighting, number: int) -> Sighting | None:
        """An earlier attempt of the same run; None where it is gone."""
        ...

    def jobs(self, build: Build) -> Iterable[JobSighting]:
        """What a build that ended was made of."""
        ...

    def redeliver(self, since: int) -> int | None:
        """Ask once for each failed delivery since then; None where the token may not see webhooks."""
        ...


Record = Callable[[Sighting], Recorded]
Each = Callable[[Record, Iterable[Sighting]], Iterable[Recorded]]
Ranks = Callable[[Sequence[str]], Mapping[str, int]]  # ids of builds -> the rank of the state that is stored


@dataclass
class Tally:
    seen: int = 0
    created: int = 0
    updated: int = 0
    unusable: int = 0
    redelivered: int | None = 0  # webhooks that GitHub was asked for again; None where we may not

    @property
    def restored(self) -> int:
        return self.created + self.updated


class Ending(StrEnum):
    DONE = "source_read"
    FAILED = "source_failed"
    LIMITED = "source_limited"  # it asked for quiet
    OUT_OF_TIME = "source_unfinished"


@dataclass(frozen=True)
class Outcome:
    source: str
    ending: Ending
    tally: Tally
    reason: str = ""


class Jobs(Protocol):
    def record_job(self, sighting: JobSighting, now: int) -> Result: ...


@dataclass(frozen=True)
class Fetching:
    """What fetching rests on; instants are milliseconds. `each` may record several builds at once. Without
    `jobs` none are asked for: they cost a request each build.
    """

    builds: Builds
    ranks: Ranks
    clock: Callable[[], int]
    each: Each = map
    jobs: Jobs | None = None


class _OutOfTime(Exception):
    pass


def reconcile(sources: Sequence[Source], to: Fetching, now: int, deadline: int) -> Iterator[Outcome]:
    """Each source has its share of the time, so that a slow one takes none of the others'."""
    for index, source in enumerate(sources):
        share = (deadline - to.clock()) // (len(sources) - index)
        yield _look(source, to, now, to.clock() + share)


def _look(source: Source, to: Fetching, now: int, deadline: int) -> Outcome:
    tally = Tally()

    def outcome(ending: Ending, reason: str = "") -> Outcome:
        return Outcome(source.name, ending, tally, reason)

    try:
        for part in source.parts(span(source.name, now)):
            fetch(source, part, to, tally, deadline)
        tally.redelivered = source.redeliver(now - (REDELIVERY if is_deep(source.name, now) else 3 * HOUR))
    except SourceFailed as failed:
        return outcome(Ending.LIMITED if failed.reason == "rate_limited" else Ending.FAILED, failed.reason)
    except _OutOfTime:
        return outcome(Ending.OUT_OF_TIME)
    return outcome(Ending.DONE)


def span(source: str, now: int) -> Span:
    """Yesterday and today; once a day, each source at its own time, as far back as a run can be run again."""
    days = _RERUN_DAYS if is_deep(source, now) else 1
    today = now // DAY * DAY
    return Span(today - days * DAY, today + DAY)


def is_deep(source: str, now: int) -> bool:
    return now // PERIOD % _LOOKS_A_DAY == crc32(source.encode()) % _LOOKS_A_DAY


def fetch(source: Source, part: Part, to: Fetching, tally: Tally, deadline: int | None = None) -> None:
    """Records what is missing of a part, or further along than what is stored."""

    def record(sighting: Sighting) -> Recorded:
        return to.builds.record(sighting, to.clock())

    for page in part.pages():
        tally.unusable += page.unusable
        tally.seen += len(page.sightings)
        for recorded in to.each(record, _news(source, page, to, deadline)):
            tally.created += recorded.result is Result.CREATED
            tally.updated += recorded.result is Result.UPDATED


def _news(source: Source, page: Page, to: Fetching, deadline: int | None) -> Iterator[Sighting]:
    stored = to.ranks([name for sighting in page.sightings for name in _attempts(sighting.build)])
    for sighting in page.sightings:
        if deadline is not None and to.clock() >= deadline:
            raise _OutOfTime
        for missing in _missing(source, sighting, stored):
            _record_jobs(source, missing.build, to)
            yield missing


def _record_jobs(source: Source, build: Build, to: Fetching) -> None:
    """Before their build: where they cannot be read now, it is missing the next time too."""
    if to.jobs and build.status.completed:
        for job in source.jobs(build):
            to.jobs.record_job(job, to.clock())


def _missing(source: Source, sighting: Sighting, stored: Mapping[str, int]) -> Iterator[Sighting]:
    """An earlier attempt has ended: what is stored of it as ended stays so."""
    *earlier, latest = _attempts(sighting.build).items()
    for name, number in earlier:
        if stored.get(name, -1) < _ENDED and (found := source.attempt(sighting, number)):
            yield found
    if stored.get(latest[0], -1) < sighting.build.status.rank:
        yield source.settled(sighting)


def _attempts(build: Build) -> dict[str, int]:
    first = max(1, build.attempt - _ATTEMPTS)
    numbers = range(first, build.attempt + 1)
    return {f"{build.pipeline_id}.{build.run}.{number}": number for number in numbers}
