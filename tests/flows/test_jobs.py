"""Counting jobs: once each, whatever comes when, and each build learns when its first job started."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, permutations, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_health.domain.build import Status
from pipeline_health.domain.jobs import CountedJob, Job, Place
from pipeline_health.flows.aggregation import Contended, Record, Unstorable
from pipeline_health.flows.jobs import Counting, KnownJob, count_jobs
from tests.counting import MemoryAside
from tests.jobs import (
    PIPELINE,
    RUN,
    START,
    MemoryJobs,
    a_job,
    expected,
    expected_start,
    failed_at,
    nothing,
    read,
    record_of,
    record_of_build,
)
from tests.turns import Worker, every_order, play

BUILD = f"{PIPELINE}.9.1"
RUNNING = a_job(status=Status.IN_PROGRESS)
FAILED = a_job(status=Status.FAILURE, failing_step=failed_at(3, "Run pytest"))
CORRECTED = a_job(started_at=START + 12_000)
QUEUED = a_job(2, Status.QUEUED)
Told = tuple[str, Job]  # version, job


def flow(jobs: MemoryJobs, aside: MemoryAside | None = None) -> Counting:
    return Counting(jobs, aside or MemoryAside(), read, lambda _: None, lambda: START)


@dataclass
class Stack:
    """Ingest writes the deliveries in this order; each item's records come in theirs, to its own worker."""

    deliveries: Sequence[Told | str]  # a build by its id
    tables: MemoryJobs = field(default_factory=MemoryJobs)
    records: dict[object, list[Record]] = field(default_factory=dict)
    ingested: bool = False
    workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        items = list(dict.fromkeys(self._item(told) for told in self.deliveries))
        self.records = {item: [] for item in items}
        self.workers = [Worker(self._ingest), *(Worker(self._handler(item)) for item in items)]

    def _item(self, told: Told | str) -> object:
        return told if isinstance(told, str) else told[1].id

    def _ingest(self, worker: Worker) -> None:
        tables = self.tables.seen_by(worker.pause)
        for told in self.deliveries:
            if isinstance(told, str):
                tables.store_build(told)
                self.records[told].append(record_of_build(int(told[-1])))
            elif tables.deliver(told[1], told[0]):
                self.records[told[1].id].append(record_of(told[1]))
        self.ingested = True

    def _handler(self, item: object) -> Callable[[Worker], None]:
        def handle(worker: Worker) -> None:
            for _ in range(sum(self._item(told) == item for told in self.deliveries)):
                worker.pause(lambda: bool(self.records[item]) or self.ingested)
                if self.records[item]:
                    tables = self.tables.seen_by(_from_second_on(worker.pause))
                    count_jobs([self.records[item].pop(0)], flow(tables))

        return handle


def _from_second_on(pause: Callable[[], None]) -> Callable[[], None]:
    """Before the first request of a batch it has paused already, for its record."""
    pauses = chain([nothing], repeat(pause))

    def before() -> None:
        next(pauses)()

    return before


def ended(stack: Stack) -> list[Job]:
    """Of each job its greatest version."""
    latest: dict[int, Told] = {}
    for told in stack.deliveries:
        if not isinstance(told, str) and told > latest.get(told[1].id, ("", told[1])):
            latest[told[1].id] = told
    return [job for _, job in latest.values()]


def assert_right(stack: Stack) -> None:
    jobs = ended(stack)
    assert stack.tables.totals == expected(jobs)
    for build_id, row in stack.tables.builds.items():
        assert row.first_job_at == expected_start(jobs, int(build_id[-1]))


@pytest.mark.parametrize("deliveries", [*permutations([("2b", FAILED), BUILD])])
def test_a_job_and_its_build_find_each_other_in_every_order_of_every_request(
    deliveries: tuple[Told | str, ...],
) -> None:
    orders = 0
    for world in every_order(lambda: Stack(deliveries)):
        assert isinstance(world, Stack)
        assert_right(world)
        orders += 1
    assert orders > 40


ROUNDS: list[list[Told | str]] = [
    [("1a", RUNNING), ("2b", FAILED), BUILD],
    [("1a", RUNNING), ("2b", CORRECTED), BUILD],
    [("2a", FAILED), ("2c", CORRECTED), BUILD],
    [("1a", RUNNING), ("2b", a_job(status=Status.CANCELLED, started_at=None)), BUILD],
    [("2b", FAILED), ("2b", a_job(2, started_at=START + 4_000)), BUILD],
    [("0a", QUEUED), ("2b", FAILED), ("2b", a_job(3, attempt=2)), BUILD, f"{PIPELINE}.9.2"],
]


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_it_ends_in_the_same_numbers_whatever_is_corrected_and_whoever_is_faster(data: st.DataObject) -> None:
    deliveries = data.draw(st.sampled_from(ROUNDS).flatmap(st.permutations))
    again = data.draw(st.lists(st.sampled_from(deliveries), max_size=2))
    stack = Stack([*deliveries, *again])
    play(stack, lambda able: data.draw(st.integers(0, able - 1)))
    assert_right(stack)


def settle(jobs: MemoryJobs, *records: Record) -> MemoryAside:
    aside = MemoryAside()
    count_jobs(records, flow(jobs, aside))
    return aside


def with_build() -> MemoryJobs:
    jobs = MemoryJobs()
    jobs.store_build(BUILD)
    settle(jobs, record_of_build())
    jobs.requests.clear()
    return jobs


def deliver(jobs: MemoryJobs, *told: Job, version: str = "2") -> None:
    for job in told:
        jobs.deliver(job, version)


def test_a_job_of_an_unknown_pipeline_waits_for_its_build() -> None:
    jobs = MemoryJobs()
    deliver(jobs, FAILED)
    settle(jobs, record_of(FAILED))
    assert (jobs.totals, jobs.requests["count"]) == ({}, 0)
    jobs.store_build(BUILD)
    settle(jobs, record_of_build())
    assert jobs.totals == expected([FAILED])
    assert jobs.builds[BUILD].first_job_at == START + 10_000


def test_what_was_counted_is_not_counted_again() -> None:
    jobs = with_build()
    deliver(jobs, FAILED)
    for _ in range(3):
        settle(jobs, record_of(FAILED), record_of(FAILED))
    assert (jobs.requests["count"], jobs.totals) == (1, expected([FAILED]))
    assert jobs.builds[BUILD].revision == 2


def test_a_corrected_job_takes_back_what_it_counted() -> None:
    jobs = with_build()
    for version, job in (("2a", FAILED), ("2b", CORRECTED)):
        deliver(jobs, job, version=version)
        settle(jobs, record_of(job))
    assert jobs.totals == expected([CORRECTED])


def test_jobs_of_one_batch_are_counted_together() -> None:
    jobs = with_build()
    several = [a_job(number) for number in range(1, 31)]
    deliver(jobs, *several)
    settle(jobs, *map(record_of, several))
    assert jobs.requests == {"deliver": 30, "known": 2, "start": 1, "count": 2}
    assert jobs.totals == expected(several)


def test_a_job_that_started_earlier_moves_the_start_of_its_build_and_a_later_one_does_not() -> None:
    jobs = with_build()
    starts = []
    for number, seconds in enumerate((20, 30, 15)):
        job = a_job(number + 1, Status.IN_PROGRESS, started_at=START + seconds * 1000)
        deliver(jobs, job, version="1")
        settle(jobs, record_of(job))
        starts.append(jobs.builds[BUILD].first_job_at)
    assert starts == [START + 20_000, START + 20_000, START + 15_000]
    assert jobs.builds[BUILD].revision == 3


def test_it_tells_nothing_to_a_build_that_is_not_there() -> None:
    jobs = with_build()
    second = a_job(attempt=2)
    deliver(jobs, second)
    settle(jobs, record_of(second))
    assert set(jobs.builds) == {BUILD}


def test_a_batch_that_somebody_else_counts_meanwhile_is_left_to_them() -> None:
    jobs = with_build()
    deliver(jobs, FAILED)
    faster = iter([True])

    def meanwhile() -> None:
        if next(faster, False):
            settle(jobs, record_of(FAILED))

    class Slow(MemoryJobs):
        def count(self, some: Sequence[tuple[KnownJob, CountedJob]]) -> None:
            meanwhile()
            super().count(some)

    settle(Slow(**{name: getattr(jobs, name) for name in jobs.__dataclass_fields__}), record_of(FAILED))
    assert jobs.totals == expected([FAILED])


def test_it_raises_where_somebody_is_always_faster() -> None:
    class Busy(MemoryJobs):
        def count(self, some: Sequence[tuple[KnownJob, CountedJob]]) -> None:
            raise Contended

    jobs = Busy()
    deliver(jobs, FAILED)
    with pytest.raises(Contended):
        settle(jobs, record_of_build())


def test_a_job_that_can_never_be_stored_is_set_aside_and_the_others_are_counted() -> None:
    class Full(MemoryJobs):
        def count(self, some: Sequence[tuple[KnownJob, CountedJob]]) -> None:
            if any(known.job.id == 2 for known, _ in some):
                raise Unstorable("too large")
            super().count(some)

    jobs, several = Full(), [a_job(number) for number in (1, 2, 3)]
    deliver(jobs, *several)
    aside = settle(jobs, record_of_build())
    assert aside.kept == [(record_of_build(), "not storable: too large")]
    assert jobs.totals == expected([several[0], several[2]])


def test_a_run_that_cannot_be_read_is_set_aside_and_others_are_counted() -> None:
    class Broken(MemoryJobs):
        def known(self, run_id: str) -> object:  # type: ignore[override]  # as it fails
            if run_id != RUN:
                raise ValueError("no status")
            return super().known(run_id)

    jobs = Broken()
    other = replace_run(FAILED, "github.77.8")
    deliver(jobs, FAILED, other)
    aside = settle(jobs, record_of(other), record_of_build(), {"no": "news"})
    assert [reason for _, reason in aside.kept] == ["unreadable: KeyError", "unreadable: ValueError"]
    assert jobs.totals == expected([FAILED])


def replace_run(job: Job, run_id: str) -> Job:
    return job.model_copy(update={"run_id": run_id})


def test_skipped_and_cancelled_jobs_count_as_such_and_queue_nowhere() -> None:
    jobs = with_build()
    skipped, cancelled = (
        a_job(n, status, started_at=None) for n, status in ((1, Status.SKIPPED), (2, Status.CANCELLED))
    )
    deliver(jobs, skipped, cancelled)
    settle(jobs, record_of(skipped))
    day = START // 86_400_000
    assert jobs.totals == {
        Place(PIPELINE, day, "job 1"): {"skipped": 1},
        Place(PIPELINE, day, "job 2"): {"cancelled": 1},
    }
    assert jobs.builds[BUILD].first_job_at is None


def test_a_correction_to_another_name_and_step_leaves_nothing_behind() -> None:
    before = CountedJob.of(PIPELINE, FAILED)
    jobs = with_build()
    deliver(jobs, FAILED, version="2a")
    settle(jobs, record_of(FAILED))
    renamed = FAILED.model_copy(update={"name": "other", "failing_step": failed_at(4, "Run mypy")})
    deliver(jobs, renamed, version="2b")
    settle(jobs, record_of(renamed))
    assert jobs.totals == expected([renamed])
    assert replace(before, name="other") != before
