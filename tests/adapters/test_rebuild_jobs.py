"""A rebuild finds nothing where the numbers of jobs are right, and ends in those of the jobs else."""

from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import keys
from pipeline_health.adapters.audited_jobs import AuditedJobs
from pipeline_health.adapters.builds_stored import StoredBuilds
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.jobs import DynamoStore
from pipeline_health.adapters.jobs_stored import JobsTable, news_from
from pipeline_health.domain.build import Sighting, Status
from pipeline_health.domain.jobs import CountedJob, Job, JobSighting, Place
from pipeline_health.flows.jobs import Counting, count_jobs
from pipeline_health.flows.rebuild_jobs import JobsReport, rebuild_jobs
from tests.adapters.test_jobs_stored import numbers
from tests.adapters.test_rebuild import Items, contents
from tests.counting import MemoryAside
from tests.jobs import DAY, PIPELINE, RUN, START, a_job, expected, failed_at
from tests.reading import a_build

TODAY = START // DAY
METRICS = "MetricsTable"
LONG = "test (" + "x" * 200 + ")"
FAILED = a_job(1, Status.FAILURE, name="test", failing_step=failed_at(3, "Run pytest"))
JOBS = [
    FAILED,
    a_job(2, name="test"),
    a_job(3, name=LONG, completed_at=START + DAY),
    a_job(4, Status.CANCELLED, name="deploy", started_at=None),
]
TEST = Place(PIPELINE, TODAY, "test")
STEP = Place(PIPELINE, TODAY, "test", "Run pytest", 3)
OF_LONG = Place(PIPELINE, TODAY + 1, LONG)


class Faster(AuditedJobs):
    """Before every mend, somebody counts another job."""

    def __init__(self, client: DynamoDBClient, more: list[Job]) -> None:
        super().__init__(client, "BuildsTable", METRICS)
        self._more = more

    def mend(self, *read: Any) -> Any:
        if self._more:
            deliver(self._client, self._more.pop(0))
            counted(self._client)
        return super().mend(*read)


def deliver(client: DynamoDBClient, *jobs: Job, version: str = "2") -> None:
    for job in jobs:
        DynamoStore(client, "BuildsTable", 400).record_job(JobSighting(job=job, version=version), START)


def counting(client: DynamoDBClient) -> Counting:
    table = JobsTable(client, "BuildsTable", METRICS)
    return Counting(table, MemoryAside(), news_from, lambda _: None, lambda: START)


def counted(client: DynamoDBClient) -> None:
    """As the stream has it counted."""
    count_jobs(StoredBuilds(client, "BuildsTable").runs(PIPELINE)[RUN], counting(client))


def rebuilt(client: DynamoDBClient, table: AuditedJobs | None = None, first: int = TODAY) -> JobsReport:
    table = table or AuditedJobs(client, "BuildsTable", METRICS)
    builds = StoredBuilds(client, "BuildsTable")
    return rebuild_jobs([PIPELINE, "github.77.1", "jenkins.1"], builds, table, counting(client), first)


@pytest.fixture
def before(dynamodb: DynamoDBClient) -> Items:
    """Two attempts of a run, with their jobs, all of them counted."""
    for attempt in (1, 2):
        build = a_build(pipeline_id=PIPELINE, run="9", attempt=attempt, started_at=START)
        DynamoStore(dynamodb, "BuildsTable", 400).record(Sighting(build=build, version="1"), START)
    deliver(dynamodb, *JOBS)
    counted(dynamodb)
    return contents(dynamodb)


def update(client: DynamoDBClient, place: Place, expression: str, **values: Any) -> None:
    client.update_item(
        TableName=METRICS,
        Key=to_item(keys.jobs_day_key(place)),
        UpdateExpression=expression,
        ExpressionAttributeValues=to_item({f":{name}": value for name, value in values.items()}),
    )


def line(place: Place, **counters: int) -> str:
    key = keys.jobs_day_key(place)
    return f"{key['pk']} {key['sk']}: {counters}"


def test_it_finds_nothing_where_all_is_well(dynamodb: DynamoDBClient, before: Items) -> None:
    assert rebuilt(dynamodb) == JobsReport()
    assert contents(dynamodb) == before


@pytest.mark.parametrize("place", [TEST, STEP, OF_LONG], ids=["a job's day", "a step's", "a long name's"])
def test_it_mends_a_number_and_says_which(dynamodb: DynamoDBClient, before: Items, place: Place) -> None:
    update(dynamodb, place, "ADD failure :n, skipped :n", n=3)
    assert rebuilt(dynamodb).differences == [line(place, failure=-3, skipped=-3)]
    assert contents(dynamodb) == before
    assert rebuilt(dynamodb) == JobsReport()


@pytest.mark.parametrize("place", [TEST, STEP, OF_LONG])
@pytest.mark.parametrize("moved_since", [False, True])
def test_it_restores_a_number_that_is_lost(
    dynamodb: DynamoDBClient, before: Items, place: Place, *, moved_since: bool
) -> None:
    dynamodb.delete_item(TableName=METRICS, Key=to_item(keys.jobs_day_key(place)))
    if moved_since:
        update(dynamodb, place, "ADD failure :n", n=3)
    assert len(rebuilt(dynamodb).differences) == 1
    assert contents(dynamodb) == before
    assert rebuilt(dynamodb) == JobsReport()


@pytest.mark.parametrize("names", ["", "SET job = :job "], ids=["without a name", "with one"])
def test_it_takes_back_a_number_of_no_job(dynamodb: DynamoDBClient, before: Items, names: str) -> None:
    nowhere = Place(PIPELINE, TODAY, "y" * 300)
    update(dynamodb, nowhere, f"{names}ADD failure :n", n=3, **({"job": nowhere.job} if names else {}))
    assert rebuilt(dynamodb).differences == [line(nowhere, failure=-3)]
    assert numbers(dynamodb) == expected(JOBS)
    assert rebuilt(dynamodb) == JobsReport()


def test_it_counts_jobs_that_the_stream_did_not_bring_once(dynamodb: DynamoDBClient, before: Items) -> None:
    lost = [a_job(5, name="lint"), a_job(6, name="test", attempt=2)]
    deliver(dynamodb, *lost)
    assert rebuilt(dynamodb).counted == 2
    assert numbers(dynamodb) == expected([*JOBS, *lost])
    counted(dynamodb)
    assert rebuilt(dynamodb) == JobsReport()


def test_the_builds_learn_when_the_first_of_such_jobs_started(
    dynamodb: DynamoDBClient, before: Items
) -> None:
    lost = [a_job(4 + n, attempt=n, started_at=START + n) for n in (1, 2)]
    deliver(dynamodb, *lost)
    rebuilt(dynamodb)
    builds = [StoredBuilds(dynamodb, "BuildsTable").get(f"{PIPELINE}.9.{n}") for n in (1, 2)]
    assert [build and build.first_job_at for build in builds] == [START + 1, START + 2]


def test_it_counts_a_correction_that_the_stream_did_not_bring(
    dynamodb: DynamoDBClient, before: Items
) -> None:
    corrected = FAILED.model_copy(update={"name": "other", "failing_step": None})
    deliver(dynamodb, corrected, version="3")
    assert rebuilt(dynamodb).counted == 1
    assert numbers(dynamodb) == expected([corrected, *JOBS[1:]])


def test_it_counts_jobs_of_a_run_whose_pipeline_the_stream_did_not_bring(
    dynamodb: DynamoDBClient, before: Items
) -> None:
    dynamodb.delete_item(TableName="BuildsTable", Key=to_item(keys.jobs_run_key(RUN)))
    assert rebuilt(dynamodb) == JobsReport()
    another = a_job(5)
    deliver(dynamodb, another)
    dynamodb.delete_item(TableName="BuildsTable", Key=to_item(keys.jobs_run_key(RUN)))
    assert rebuilt(dynamodb).counted == 1
    assert numbers(dynamodb) == expected([*JOBS, another])
    assert JobsTable(dynamodb, "BuildsTable", METRICS).known(RUN).pipeline_id == PIPELINE


def test_it_leaves_jobs_that_are_not_done_alone(dynamodb: DynamoDBClient, before: Items) -> None:
    deliver(dynamodb, a_job(5, Status.IN_PROGRESS), a_job(6, Status.QUEUED))
    assert rebuilt(dynamodb) == JobsReport()
    assert contents(dynamodb) == before


def test_it_counts_a_job_anew_that_an_older_release_counted_otherwise(
    dynamodb: DynamoDBClient, before: Items
) -> None:
    table = JobsTable(dynamodb, "BuildsTable", METRICS)
    deliver(dynamodb, FAILED, version="3")
    (known,) = table.known(RUN).uncounted
    table.count([(known, CountedJob(PIPELINE, TODAY, "test", Status.SKIPPED))])
    assert contents(dynamodb) != before
    assert rebuilt(dynamodb) == JobsReport(differences=[f"jobs#{RUN} 1.1"])
    assert contents(dynamodb) == before
    assert rebuilt(dynamodb) == JobsReport()


def test_it_leaves_days_alone_of_which_jobs_may_have_expired(dynamodb: DynamoDBClient, before: Items) -> None:
    for job in JOBS[:2]:
        dynamodb.delete_item(TableName="BuildsTable", Key=to_item(keys.job_key(job)))
    update(dynamodb, OF_LONG, "ADD failure :n", n=3)
    assert rebuilt(dynamodb, first=TODAY + 1) == JobsReport(differences=[line(OF_LONG, failure=-3)])
    assert contents(dynamodb) == before


def test_a_job_that_is_counted_between_reading_and_mending_leaves_the_numbers_right(
    dynamodb: DynamoDBClient, before: Items
) -> None:
    more = [a_job(n, name="test") for n in (5, 6)]
    update(dynamodb, TEST, "ADD failure :n", n=3)
    assert rebuilt(dynamodb, Faster(dynamodb, list(more))).differences == [line(TEST, failure=-3)]
    assert numbers(dynamodb) == expected([*JOBS, *more])
    assert rebuilt(dynamodb) == JobsReport()


def test_it_says_of_which_pipeline_jobs_arrive_too_fast_and_mends_the_rest(
    dynamodb: DynamoDBClient, before: Items
) -> None:
    more = [a_job(n, name="test") for n in range(5, 15)]
    for place in (TEST, OF_LONG):
        update(dynamodb, place, "ADD skipped :n", n=3)
    report = rebuilt(dynamodb, Faster(dynamodb, list(more)))
    assert report == JobsReport(differences=[line(OF_LONG, skipped=-3)], moving=[PIPELINE])
    assert rebuilt(dynamodb).differences == [line(TEST, skipped=-3)]


def test_two_at_once_mend_a_number_once(dynamodb: DynamoDBClient, before: Items) -> None:
    update(dynamodb, TEST, "ADD failure :n", n=3)
    table = AuditedJobs(dynamodb, "BuildsTable", METRICS)

    class Other(AuditedJobs):
        def mend(self, *read: Any) -> Any:
            table.mend(*read)
            return super().mend(*read)

    assert rebuilt(dynamodb, Other(dynamodb, "BuildsTable", METRICS)).differences == []
    assert contents(dynamodb) == before
