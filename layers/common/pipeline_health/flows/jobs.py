"""From the builds table's stream: when each build's first job started, and each completed job counted once.

A job names no pipeline, so it waits in the table for its run's build, and the build looks for jobs. Both
write first and look then: whichever comes second sees the other, so neither is missed in any order. Safe to
repeat whole or in part, by any number of workers.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from pipeline_health.domain.jobs import CountedJob, Job, first_start
from pipeline_health.flows.aggregate import PATIENCE
from pipeline_health.flows.aggregation import Aside, Contended, Record, Unstorable

TOGETHER: Final = 20  # jobs; each moves at most four items beside its own, and a transaction holds a hundred


@dataclass(frozen=True)
class News:
    """What a record says: an attempt of a run came, with its pipeline; or a job of that attempt moved on."""

    run_id: str
    attempt: int
    pipeline_id: str | None = None
    expires_at: int = 0  # seconds, as that build does


@dataclass(frozen=True)
class Attempt:
    pipeline_id: str
    run: str
    number: int

    @property
    def build_id(self) -> str:
        return f"{self.pipeline_id}.{self.run}.{self.number}"


@dataclass(frozen=True)
class KnownJob:
    """A job as it is stored; `counted` is what its pipeline's numbers hold of it, `is_news` that they should
    be looked at again.
    """

    job: Job
    version: str
    counted: CountedJob | None = None
    is_news: bool = True


@dataclass(frozen=True)
class KnownRun:
    """`pipeline_id` is None until a build of the run came."""

    run_id: str
    pipeline_id: str | None
    jobs: tuple[KnownJob, ...]

    def first_start(self, attempt: int) -> int | None:
        return first_start((known.job for known in self.jobs), attempt)

    @property
    def uncounted(self) -> list[KnownJob]:
        return [known for known in self.jobs if known.is_news and known.job.status.completed]


class Jobs(Protocol):
    """The jobs in the builds table, and their numbers."""

    def belong(self, runs: Iterable[News]) -> None:
        """Remembers the pipeline of each run, for as long as the build is kept."""

    def known(self, run_id: str) -> KnownRun:
        """Everything stored of a run before this was asked."""

    def start(self, attempt: Attempt, at: int | None, now: int) -> bool:
        """Whether that is news to the build; it is none to a build that is not there."""

    def count(self, jobs: Sequence[tuple[KnownJob, CountedJob]]) -> None:
        """All or none of them. Contended where one is not as it was read; Unstorable: never."""


@dataclass(frozen=True)
class Counting:
    """The flow with its stores. `read` makes News of a stream record, None of one that is not for us."""

    jobs: Jobs
    aside: Aside
    read: Callable[[Record], News | None]
    pause: Callable[[int], None]
    now: Callable[[], int]


@dataclass
class Tally:
    counted: int = 0
    started: int = 0  # builds that learned when their first job started
    set_aside: int = 0


def count_jobs(records: Iterable[Record], to: Counting) -> Tally:
    """Raises what time may heal, so that the whole (harmless) batch comes again."""
    tally = Tally()
    runs: dict[str, list[tuple[News, Record]]] = {}
    for news, record in _readable(records, to, tally):
        runs.setdefault(news.run_id, []).append((news, record))
    found = {news.run_id: news for told in runs.values() for news, _ in told if news.pipeline_id}
    to.jobs.belong(found.values())  # written first, looked at then: see above
    for run_id, told in runs.items():
        try:
            _take_in(run_id, {news for news, _ in told}, to, tally)
        except (ValueError, KeyError, TypeError, AttributeError, Unstorable) as error:
            for _, record in told:
                _set_aside(record, error, to, tally)
    return tally


def _readable(records: Iterable[Record], to: Counting, tally: Tally) -> Iterator[tuple[News, Record]]:
    for record in records:
        try:
            news = to.read(record)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            _set_aside(record, error, to, tally)
        else:
            if news:
                yield news, record


def _set_aside(record: Record, error: Exception, to: Counting, tally: Tally) -> None:
    kind = (
        f"not storable: {error}" if isinstance(error, Unstorable) else f"unreadable: {type(error).__name__}"
    )
    to.aside.keep(record, kind)
    tally.set_aside += 1


def _take_in(run_id: str, told: set[News], to: Counting, tally: Tally) -> None:
    known = to.jobs.known(run_id)
    if known.pipeline_id is None or not known.jobs:
        return
    for attempt in sorted({news.attempt for news in told}):
        tally.started += _tell_start(known, attempt, to)
    _count(known, to, tally)


def _tell_start(known: KnownRun, number: int, to: Counting) -> bool:
    """Whether the build learned anything. After each write it looks again: a job's start may have been
    corrected meanwhile, and whoever told that may have written before us.
    """
    attempt = Attempt(known.pipeline_id or "", known.run_id.rpartition(".")[2], number)
    told, at = False, known.first_start(number)
    while to.jobs.start(attempt, at, to.now()):
        told, before = True, at
        at = to.jobs.known(known.run_id).first_start(number)
        if at == before:
            break
    return told


def _count(known: KnownRun, to: Counting, tally: Tally) -> None:
    for retry in range(PATIENCE):
        try:
            for some in _groups(known.uncounted):
                _together(known.pipeline_id or "", some, to)
                tally.counted += len(some)
        except Contended:
            to.pause(retry)
            known = to.jobs.known(known.run_id)
        else:
            return
    raise Contended(f"gave up after {PATIENCE} tries; the batch will come again")


def _together(pipeline_id: str, some: list[KnownJob], to: Counting) -> None:
    """In one transaction; where one of them cannot be stored, all others are nevertheless."""
    try:
        to.jobs.count([(known, CountedJob.of(pipeline_id, known.job)) for known in some])
    except Unstorable:
        if len(some) > 1:
            _apart(pipeline_id, some, to)
        raise


def _apart(pipeline_id: str, some: list[KnownJob], to: Counting) -> None:
    for one in some:
        with suppress(Unstorable):
            _together(pipeline_id, [one], to)


def _groups(jobs: list[KnownJob]) -> Iterator[list[KnownJob]]:
    return (jobs[start : start + TOGETHER] for start in range(0, len(jobs), TOGETHER))
