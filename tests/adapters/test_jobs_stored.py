"""What the jobs function reads and writes, on moto: a run's jobs, a build's first start, jobs' numbers."""

from collections import Counter
from typing import Any

import pytest
from botocore.stub import Stubber
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import keys
from pipeline_health.adapters.build_items import build_from
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.jobs import DynamoStore
from pipeline_health.adapters.jobs_reading import JobsReading
from pipeline_health.adapters.jobs_stored import JobsTable
from pipeline_health.adapters.outage import Busy
from pipeline_health.domain.build import Build, Sighting, Status
from pipeline_health.domain.jobs import CountedJob, Job, JobMoves, JobSighting
from pipeline_health.domain.packing import unpacked
from pipeline_health.flows.aggregation import Contended
from pipeline_health.flows.jobs import Attempt, Counting, KnownJob, News, count_jobs
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
)
from tests.reading import a_build

FAILED = a_job(status=Status.FAILURE, failing_step=failed_at(3, "Run pytest"))
PASSED = a_job(2, started_at=START + 5_000)
BUILD = a_build(
    pipeline_id=PIPELINE, run="9", started_at=START, status=Status.FAILURE, completed_at=START + 80_000
)
FIRST = Attempt(PIPELINE, "9", 1)


OWN = News(RUN, 1, PIPELINE, 1_829_995_200)


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> JobsTable:
    return JobsTable(dynamodb, "BuildsTable", "MetricsTable")


@pytest.fixture
def store(dynamodb: DynamoDBClient) -> DynamoStore:
    return DynamoStore(dynamodb, "BuildsTable", 400)


def deliver(store: DynamoStore, *jobs: Job, version: str = "2") -> None:
    for job in jobs:
        store.record_job(JobSighting(job=job, version=version), START)


def flow(table: JobsTable) -> Counting:
    return Counting(table, MemoryAside(), read, lambda _: None, lambda: START)


def stored(client: DynamoDBClient) -> Build:
    return build_from(client.get_item(TableName="BuildsTable", Key=to_item(keys.build_key(BUILD)))["Item"])


def revision(client: DynamoDBClient) -> int:
    item = client.get_item(TableName="BuildsTable", Key=to_item(keys.build_key(BUILD)))["Item"]
    return int(item["revision"]["N"])


def numbers(client: DynamoDBClient) -> JobMoves:
    counted = JobsReading(client, "MetricsTable").days(PIPELINE, START // DAY - 1, START // DAY + 1).counted
    found = {each.place: unpacked(each.counters) for each in counted}
    settled = {place: Counter({n: v for n, v in some.items() if v}) for place, some in found.items()}
    return {place: some for place, some in settled.items() if some}


def test_it_finds_a_run_s_jobs_and_its_pipeline(table: JobsTable, store: DynamoStore) -> None:
    deliver(
        store, FAILED, PASSED, a_job(3, Status.QUEUED), FAILED.model_copy(update={"run_id": "github.77.10"})
    )
    assert table.known(RUN).pipeline_id is None
    table.belong([OWN])
    known = table.known(RUN)
    assert known.pipeline_id == PIPELINE
    assert [(each.job, each.is_news) for each in known.jobs] == [
        (FAILED, True),
        (PASSED, True),
        (a_job(3, Status.QUEUED), False),
    ]
    assert known.uncounted == [KnownJob(FAILED, "2"), KnownJob(PASSED, "2")]


def test_a_build_learns_when_its_first_job_started(
    table: JobsTable, store: DynamoStore, dynamodb: DynamoDBClient
) -> None:
    store.record(Sighting(build=BUILD, version="2"), START)
    told = [table.start(FIRST, START + late, START + 99) for late in (20_000, 20_000, 5_000)]
    assert told == [True, False, True]
    build = stored(dynamodb)
    assert (build.first_job_at, build.queue_ms, build.updated_at) == (START + 5_000, 5_000, START + 99)
    assert revision(dynamodb) == 3


def test_a_later_webhook_keeps_when_the_first_job_started(
    table: JobsTable, store: DynamoStore, dynamodb: DynamoDBClient
) -> None:
    store.record(Sighting(build=BUILD, version="1"), START)
    table.start(FIRST, START + 5_000, START)
    recorded = store.record(Sighting(build=BUILD, version="2"), START + 1)
    assert recorded.build.queue_ms == stored(dynamodb).queue_ms == 5_000


def test_a_build_forgets_a_start_that_was_none(
    table: JobsTable, store: DynamoStore, dynamodb: DynamoDBClient
) -> None:
    store.record(Sighting(build=BUILD, version="1"), START)
    table.start(FIRST, START + 5_000, START)
    assert [table.start(FIRST, None, START) for _ in range(2)] == [True, False]
    assert stored(dynamodb).queue_ms is None


@pytest.mark.parametrize("at", [START, None])
def test_it_makes_no_build_of_a_start(table: JobsTable, dynamodb: DynamoDBClient, at: int | None) -> None:
    assert not table.start(FIRST, at, START)
    assert dynamodb.scan(TableName="BuildsTable")["Count"] == 0


def test_it_counts_jobs_and_remembers_what_it_counted(
    table: JobsTable, store: DynamoStore, dynamodb: DynamoDBClient
) -> None:
    deliver(store, FAILED, PASSED)
    count_jobs([record_of_build()], flow(table))
    assert numbers(dynamodb) == expected([FAILED, PASSED])
    known = table.known(RUN)
    assert known.uncounted == []
    assert [each.counted for each in known.jobs] == [CountedJob.of(PIPELINE, job) for job in (FAILED, PASSED)]


def test_a_correction_takes_back_what_was_counted(
    table: JobsTable, store: DynamoStore, dynamodb: DynamoDBClient
) -> None:
    tomorrow = FAILED.model_copy(update={"completed_at": START + DAY, "name": "renamed"})
    for version, job in (("2a", FAILED), ("2b", tomorrow)):
        deliver(store, job, version=version)
        count_jobs([record_of(job), record_of_build()], flow(table))
    assert numbers(dynamodb) == expected([tomorrow])


def test_it_counts_no_job_that_is_not_as_it_was_read(
    table: JobsTable, store: DynamoStore, dynamodb: DynamoDBClient
) -> None:
    deliver(store, FAILED, PASSED, version="2a")
    before = [(known, CountedJob.of(PIPELINE, known.job)) for known in table.known(RUN).jobs]
    deliver(store, PASSED, version="2b")
    with pytest.raises(Contended):
        table.count(before)
    assert numbers(dynamodb) == {}


def test_it_counts_no_job_that_somebody_else_has_counted_meanwhile(
    table: JobsTable, store: DynamoStore, dynamodb: DynamoDBClient
) -> None:
    deliver(store, FAILED, PASSED)
    read_before = [(known, CountedJob.of(PIPELINE, known.job)) for known in table.known(RUN).jobs]
    table.count(read_before[:1])
    for again in (read_before, read_before[:1]):
        with pytest.raises(Contended):
            table.count(again)
    assert numbers(dynamodb) == expected([FAILED])


def test_twenty_jobs_that_moved_everything_fit_one_transaction(
    table: JobsTable, store: DynamoStore, dynamodb: DynamoDBClient
) -> None:
    first = [a_job(n, Status.FAILURE, failing_step=failed_at(1, "a")) for n in range(1, 21)]
    second = [
        job.model_copy(update={"name": f"new {job.id}", "failing_step": failed_at(2, "b")}) for job in first
    ]
    for version, jobs in (("2a", first), ("2b", second)):
        deliver(store, *jobs, version=version)
        count_jobs([record_of_build()], flow(table))
    assert numbers(dynamodb) == expected(second)


def test_names_of_any_kind_have_numbers_of_their_own(
    table: JobsTable, store: DynamoStore, dynamodb: DynamoDBClient
) -> None:
    names = ["a", "a#1", "a#1.b", "ü", "x" * 512, "~a"]
    jobs = [
        a_job(n, Status.FAILURE, name=name, failing_step=failed_at(1, step))
        for n, (name, step) in enumerate(zip(names, reversed(names), strict=True), 1)
    ]
    deliver(store, *jobs)
    count_jobs([record_of_build()], flow(table))
    assert numbers(dynamodb) == expected(jobs)


def test_it_remembers_the_pipelines_of_many_runs_in_few_requests(
    table: JobsTable, dynamodb: DynamoDBClient
) -> None:
    sent: list[str] = []
    dynamodb.meta.events.register("before-send.dynamodb", lambda **told: sent.append(told["event_name"]))
    runs = [f"github.77.{number}" for number in range(60)]
    table.belong(News(run, 1, PIPELINE, 1_829_995_200) for run in runs)
    assert len(sent) == 3
    assert {table.known(run).pipeline_id for run in runs} == {PIPELINE}


def test_what_a_busy_table_leaves_undone_is_asked_for_again_and_then_raised(
    table: JobsTable, dynamodb: DynamoDBClient
) -> None:
    puts: Any = [{"PutRequest": {"Item": to_item(keys.jobs_run_key(RUN))}}]
    left = {"UnprocessedItems": {"BuildsTable": puts}}
    with Stubber(dynamodb) as stub:
        for answer in (left, {}):
            stub.add_response("batch_write_item", answer)
        table.belong([OWN])
        stub.assert_no_pending_responses()
        for _ in range(5):
            stub.add_response("batch_write_item", left)
        with pytest.raises(Busy):
            table.belong([OWN])
