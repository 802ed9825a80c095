"""Jobs, asked of the API: those of a build, and the numbers of a pipeline's."""

from collections import Counter
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import jobs_reading
from pipeline_health.adapters.jobs import DynamoStore
from pipeline_health.adapters.jobs_stored import JobsTable
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.adapters.table_reading import TableReading
from pipeline_health.domain.build import Status
from pipeline_health.domain.jobs import Job, JobSighting
from pipeline_health.flows.jobs import Counting, count_jobs
from tests.counting import MemoryAside
from tests.jobs import DAY, failed_at, read, record_of, record_of_build
from tests.reading import NOW, a_build, count, get, serve

PIPELINE = "github.1.2"
RUN = "github.1.77"
BUILD = f"{PIPELINE}.77.1"


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def a_job(number: int, status: Status = Status.SUCCESS, *, ago: int = 0, **said: Any) -> Job:
    """Waited 10 s, took a minute, and completed so many milliseconds ago."""
    ended = NOW - ago
    facts = {"run_id": RUN, "id": number, "name": "test", "status": status, "completed_at": ended}
    times = {"created_at": ended - 70_000, "started_at": ended - 60_000}
    return Job.model_validate({**facts, **times, **said})


def tell(client: Any, *jobs: Job) -> None:
    """Delivered, and counted as the jobs function does."""
    store = DynamoStore(client, "BuildsTable", 400)
    for job in jobs:
        store.record_job(JobSighting(job=job, version="2"), NOW)
    table = JobsTable(client, "BuildsTable", "MetricsTable")
    to = Counting(table, MemoryAside(), read, lambda _: None, lambda: NOW)
    count_jobs([record_of_build(run_id=RUN, pipeline_id=PIPELINE), *map(record_of, jobs)], to)


def failed(number: int, step: str, at: int = 3, **said: Any) -> Job:
    return a_job(number, Status.FAILURE, conclusion="failure", failing_step=failed_at(at, step), **said)


def test_a_build_names_its_jobs_and_where_they_failed(dynamodb: DynamoDBClient) -> None:
    url = "https://github.com/acme/shop/actions/runs/77/job/2"
    count(dynamodb, a_build(started_at=NOW - 80_000))
    tell(dynamodb, a_job(1, created_at=NOW - 66_000), failed(2, "Run pytest", url=url), a_job(3, attempt=2))
    said = get(f"/builds/{BUILD}").json
    assert said["queue_seconds"] == 20
    assert [job["name"] for job in said["jobs"]] == ["test", "test"]
    first, second = said["jobs"]
    assert first == {
        "id": "2",
        "name": "test",
        "status": "failure",
        "conclusion": "failure",
        "created_at": "2026-11-23T12:19:24.567Z",
        "started_at": "2026-11-23T12:19:34.567Z",
        "completed_at": "2026-11-23T12:20:34.567Z",
        "duration_seconds": 60,
        "queue_seconds": 10,
        "url": url,
        "failing_step": {"number": 3, "name": "Run pytest", "conclusion": "failure", "url": url},
    }
    assert (second["id"], second["failing_step"]) == ("1", None)


def test_jobs_are_in_no_list_and_no_number_of_builds(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, a_build())
    tell(dynamodb, a_job(1), failed(2, "Run pytest"))
    assert [build["id"] for build in get("/builds").json["builds"]] == [BUILD]
    assert get("/builds", pipeline="CI").json["builds"][0]["queue_seconds"] == 0
    assert get("/metrics/summary").json["builds"] == {
        "success": 1,
        "failure": 0,
        "cancelled": 0,
        "skipped": 0,
    }
    assert len(get("/pipelines").json["pipelines"]) == 1


@pytest.mark.parametrize("build_id", ["jobs#github.1.77.run.1", "jobs%23github.1.77.1.1"])
def test_nobody_reads_a_job_as_a_build(dynamodb: DynamoDBClient, build_id: str) -> None:
    tell(dynamodb, a_job(1))
    assert get(f"/builds/{build_id}").status == 404


def test_a_build_of_another_sender_has_no_jobs(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, a_build(provider="jenkins", pipeline_id="jenkins.ci-0123"))
    assert get("/builds/jenkins.ci-0123.77.1").json["jobs"] == []


def test_it_says_how_each_job_does_and_where_it_fails(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, a_build())
    tell(
        dynamodb,
        a_job(1),
        failed(2, "Run pytest", at=3, ago=DAY),
        failed(3, "Run pytest", at=4),
        failed(4, "Set up Node"),
        a_job(5, Status.CANCELLED, started_at=None),
        a_job(6, Status.SKIPPED, started_at=None, name="deploy"),
    )
    said = get("/metrics/jobs", pipeline="CI").json
    assert (said["pipeline_id"], said["from"], said["to"], said["all_jobs"]) == (
        PIPELINE,
        "2026-11-16T00:00:00Z",
        "2026-11-24T00:00:00Z",
        2,
    )
    test, deploy = said["jobs"]
    assert test == {
        "name": "test",
        "failure_rate": 75,
        "counts": {"success": 1, "failure": 3, "cancelled": 1, "skipped": 0},
        "duration": {
            "jobs": 1,
            "mean": 60,
            "p50": pytest.approx(60, rel=0.02),
            "p95": test["duration"]["p50"],
        },
        "queue": {"jobs": 4, "mean": 10, "p50": pytest.approx(10, rel=0.02), "p95": test["queue"]["p50"]},
        "failing_steps": [
            {"name": "Run pytest", "number": 4, "failures": 2},
            {"name": "Set up Node", "number": 3, "failures": 1},
        ],
    }
    assert (deploy["name"], deploy["failure_rate"], deploy["counts"]["skipped"]) == ("deploy", None, 1)


def test_it_sorts_by_what_is_worst_and_says_how_many_there_are(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, a_build())
    slow = a_job(1, name="slow", started_at=NOW - 900_000, created_at=NOW - 901_000)
    waiting = a_job(2, name="waiting", created_at=NOW - 900_000)
    tell(dynamodb, slow, waiting, failed(3, "Run pytest", name="failing"))
    worst = {
        sort: get("/metrics/jobs", pipeline=PIPELINE, sort=sort, limit=1).json
        for sort in ("failures", "duration", "queue")
    }
    assert [said["jobs"][0]["name"] for said in worst.values()] == ["failing", "slow", "waiting"]
    assert {said["all_jobs"] for said in worst.values()} == {3}


def test_it_counts_the_days_that_the_window_touches_and_no_other(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, a_build())
    tell(dynamodb, *(a_job(n + 1, ago=n * DAY) for n in range(4)))
    said = get("/metrics/jobs", pipeline="CI", window="24h").json
    assert (said["from"], said["to"]) == ("2026-11-22T00:00:00Z", "2026-11-24T00:00:00Z")
    assert said["jobs"][0]["counts"]["success"] == 2


def test_of_a_pipeline_that_nobody_knows_it_knows_no_jobs() -> None:
    said = get("/metrics/jobs", pipeline="nothing").json
    assert (said["jobs"], said["all_jobs"]) == ([], 0)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "pipeline"),
        ({"pipeline": "CI", "window": "soon"}, "window"),
        ({"pipeline": "CI", "sort": "name"}, "sort"),
        ({"pipeline": "CI", "limit": 101}, "limit"),
        ({"pipeline": "CI", "branch": "main"}, "branch"),
    ],
)
def test_what_it_cannot_answer_is_refused_by_name(asked: dict[str, Any], field: str) -> None:
    answer = get("/metrics/jobs", **asked)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)


@pytest.fixture
def asked() -> Counter[str]:
    """Every request to DynamoDB that the API makes."""
    seen: Counter[str] = Counter()
    reading_client().meta.events.register("after-call.dynamodb", lambda model, **_: seen.update([model.name]))
    return seen


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of DynamoDB's holds 1 MB; here it holds two items."""
    whole = TableReading.query

    def query(self: TableReading, **ask: Any) -> Any:
        small = {"Limit": 2} if ask["ExpressionAttributeValues"][":pk"]["S"].startswith("jobs#") else {}
        return whole(self, **ask, **small)

    monkeypatch.setattr(TableReading, "query", query)


def test_it_asks_at_most_six_times_and_says_from_when_on_it_knows_everything(
    dynamodb: DynamoDBClient, small_pages: None, asked: Counter[str]
) -> None:
    count(dynamodb, a_build())
    jobs = [a_job(10 * day + n + 1, ago=day * DAY, name=f"job {n}") for day in range(7) for n in range(3)]
    tell(dynamodb, *jobs)
    said = get("/metrics/jobs", pipeline="CI").json
    assert asked.total() <= 6
    assert asked["Query"] == jobs_reading.PAGES + 1  # and one for the name
    assert said["from"] == "2026-11-22T00:00:00Z"
    assert [row["counts"]["success"] for row in said["jobs"]] == [2, 2, 2]
