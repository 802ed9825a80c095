"""A rebuild of jobs' numbers ends right whatever is counted meanwhile, in any order of every single read."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_health.domain.build import Status
from pipeline_health.domain.jobs import CountedJob, Job, JobMoves, Place
from pipeline_health.flows.aggregate import PATIENCE
from pipeline_health.flows.aggregation import Contended
from pipeline_health.flows.jobs import Counting, KnownJob, count_jobs
from pipeline_health.flows.rebuild_jobs import JobsReport, rebuild_jobs
from tests.audited_jobs import Key, Tables, key_of
from tests.counting import MemoryAside
from tests.jobs import (
    DAY,
    PIPELINE,
    RUN,
    START,
    a_job,
    expected,
    failed_at,
    read,
    record_of,
    record_of_build,
    settled,
)
from tests.turns import Worker, every_order, play

Told = tuple[str, Job]  # version, job
FAILED = a_job(1, Status.FAILURE, name="test", failing_step=failed_at(3, "Run pytest"))
PASSED, OTHER = a_job(2, name="lint"), a_job(3, name="test")
TEST, LINT = (Place(PIPELINE, START // DAY, name) for name in ("test", "lint"))
DAMAGE: JobMoves = {TEST: Counter(failure=3), LINT: Counter(success=-1)}


@dataclass
class Stack:
    """What was counted and damaged before; then others at work, and a rebuild."""

    others: Sequence[Callable[["Stack", Worker], None]]
    tables: Tables = field(default_factory=Tables)
    report: JobsReport | None = None
    workers: list[Worker] = field(default_factory=list)
    told: dict[Key, Told] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tables.belong([read(record_of_build())])
        self.deliver(("2a", FAILED), ("2a", PASSED), ("2a", OTHER))
        count_jobs([record_of_build()], flow(self.tables))
        self.tables._move(DAMAGE)
        self.workers = [Worker(self._work(each)) for each in (*self.others, Stack.rebuild)]

    def _work(self, work: Callable[["Stack", Worker], None]) -> Callable[[Worker], None]:
        return lambda worker: work(self, worker)

    def deliver(self, *told: Told) -> None:
        for version, job in told:
            self.tables.deliver(job, version)
            self.told[key_of(job)] = max((version, job), self.told.get(key_of(job), ("", job)), key=_version)

    def rebuild(self, worker: Worker) -> None:
        worker.pause()
        self.report = rebuilt(self.tables.seen_by(worker.pause), self.waiting(worker))

    def waiting(self, worker: Worker) -> Callable[[int], None]:
        """Until no transaction is under way: backing off from one is not to last for ever."""
        return lambda _: worker.pause(lambda: not self.tables.taken)

    @property
    def expected(self) -> JobMoves:
        return expected(job for _, job in self.told.values())

    @property
    def off(self) -> JobMoves:
        """What the numbers are off by."""
        off = {place: Counter(some) for place, some in self.tables.moves.items()}
        for place, counters in self.expected.items():
            off.setdefault(place, Counter()).subtract(counters)
        return settled(off)


def _version(told: Told) -> str:
    return told[0]


def flow(tables: Tables, pause: Callable[[int], None] = lambda _: None) -> Counting:
    return Counting(tables, MemoryAside(), read, pause, lambda: START)


def rebuilt(tables: Tables, pause: Callable[[int], None] = lambda _: None) -> JobsReport:
    return rebuild_jobs([PIPELINE], tables, tables, flow(tables, pause), START // DAY)


def telling(*rounds: Sequence[Told]) -> Callable[[Stack, Worker], None]:
    """Delivers, and counts as the stream has it counted, one round after the other."""

    def work(stack: Stack, worker: Worker) -> None:
        for told in rounds:
            worker.pause(lambda: not stack.tables.taken)
            stack.deliver(*told)
            to = flow(stack.tables.seen_by(worker.pause), stack.waiting(worker))
            count_jobs([record_of(job) for _, job in told], to)

    return work


def lost(*told: Told) -> Callable[[Stack, Worker], None]:
    """Delivers, and the stream does not bring it."""

    def work(stack: Stack, worker: Worker) -> None:
        worker.pause(lambda: not stack.tables.taken)
        stack.deliver(*told)

    return work


def counting(*told: Told) -> Callable[[Stack, Worker], None]:
    """In one transaction and no other request, so that all orders can be played."""

    def work(stack: Stack, worker: Worker) -> None:
        stack.deliver(*told)
        jobs = [known for known in stack.tables.known(RUN).jobs if known.is_news]
        with suppress(Contended):  # the rebuild was faster
            tables = stack.tables.seen_by(worker.pause)
            tables.count([(known, CountedJob.of(PIPELINE, known.job)) for known in jobs])

    return work


def assert_right(stack: Stack) -> None:
    """Never off by anything but damage in a place of which it says that it could not look at it."""
    assert stack.report
    count_jobs([record_of_build()], flow(stack.tables))  # what came after it
    off = stack.off
    assert off == ({place: DAMAGE.get(place) for place in off} if stack.report.moving else {})
    again = rebuilt(stack.tables)
    assert (len(again.differences), again.counted, again.moving) == (len(off), 0, [])
    assert stack.off == {}
    assert rebuilt(stack.tables) == JobsReport()


def test_it_mends_and_says_so_once() -> None:
    stack = Stack([])
    play(stack, lambda _: 0)
    assert stack.report
    assert len(stack.report.differences) == 2
    assert_right(stack)


def test_it_looks_again_where_jobs_could_not_be_counted_for_others_that_were_faster() -> None:
    @dataclass
    class Busy(Tables):
        refusals: Iterator[int] = field(default_factory=lambda: iter(range(PATIENCE)))

        def count(self, jobs: Sequence[tuple[KnownJob, CountedJob]]) -> None:
            if next(self.refusals, None) is not None:
                raise Contended
            super().count(jobs)

    tables = Busy()
    tables.belong([read(record_of_build())])
    tables.deliver(FAILED, "2a")
    assert rebuilt(tables) == JobsReport(counted=1)
    assert tables.totals == expected([FAILED])


ANOTHER = a_job(4, Status.FAILURE, name="test", failing_step=failed_at(3, "Run pytest"))
# Each takes the other's name: their one transaction leaves every number as it was.
SWAPPED = [("2b", a_job(2, name="test")), ("2b", a_job(3, name="lint"))]


@pytest.mark.parametrize("jobs_first", [False, True])
@pytest.mark.parametrize("told", [[("2a", ANOTHER)], SWAPPED], ids=["a new job", "two that swap names"])
def test_jobs_that_are_counted_meanwhile_leave_the_numbers_right_in_every_order_of_every_request(
    told: Sequence[Told], *, jobs_first: bool
) -> None:
    orders = 0
    for world in every_order(lambda: Stack([counting(*told)], Tables(jobs_first=jobs_first))):
        assert isinstance(world, Stack)
        assert_right(world)
        orders += 1
    assert orders > 150


VARIANTS = st.builds(
    a_job,
    st.integers(1, 4),
    st.sampled_from([Status.SUCCESS, Status.FAILURE, Status.IN_PROGRESS]),
    name=st.sampled_from(["test", "lint"]),
    completed_at=st.sampled_from([START + 70_000, START + DAY]),
    failing_step=st.sampled_from([None, failed_at(3, "Run pytest")]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Callable[[Stack, Worker], None]]:
    """One or two at work beside the rebuild, each with some rounds of deliveries of some jobs."""
    number = iter(range(100, 1000))

    def told(job: Job) -> Told:
        return f"{3 if job.status.completed else 1}{next(number)}", job  # what completed never runs again

    rounds = st.lists(VARIANTS.map(told), min_size=1, max_size=2)
    works = st.lists(rounds, min_size=1, max_size=3).map(lambda some: telling(*some))
    return draw(st.lists(works | rounds.map(lambda told: lost(*told)), min_size=1, max_size=2))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_it_ends_right_whatever_is_told_lost_and_corrected_meanwhile(data: st.DataObject) -> None:
    stack = Stack(data.draw(histories()), Tables(jobs_first=data.draw(st.booleans())))
    play(stack, lambda able: data.draw(st.integers(0, able - 1)))
    assert_right(stack)
