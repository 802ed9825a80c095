"""The jobs function, called as the stream calls it, with the records that its filter lets through."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from functions.jobs import app
from pipeline_health.adapters import dynamodb as dynamodb_adapter
from pipeline_health.adapters.aside import JOBS, SetAsideTable
from pipeline_health.adapters.builds_stored import StoredBuilds, stored_from
from pipeline_health.adapters.jobs import DynamoStore
from pipeline_health.adapters.jobs_reading import JobsReading
from pipeline_health.domain.build import Build, Sighting, Status
from pipeline_health.domain.jobs import Job, JobSighting
from pipeline_health.flows.jobs import count_jobs
from pipeline_health.flows.replay import replay_jobs
from tests.functions.test_aggregate import Context
from tests.jobs import DAY, PIPELINE, START, a_job
from tests.reading import a_build
from tests.template import resources

STREAMS = resources("AWS::Lambda::EventSourceMapping")
Record = dict[str, Any]


@pytest.fixture(autouse=True)
def environment(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("BUILDS_TABLE", "METRICS_TABLE", "SET_ASIDE_TABLE"):
        monkeypatch.setenv(name, "".join(map(str.capitalize, name.split("_"))))
    monkeypatch.setattr(dynamodb_adapter, "client", lambda: dynamodb)
    app.flow.cache_clear()
    yield
    app.flow.cache_clear()


class Table:
    """The builds table with its stream."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.client, self.store = client, DynamoStore(client, "BuildsTable", 400)

    def job(self, job: Job, version: str = "2") -> Record:
        self.store.record_job(JobSighting(job=job, version=version), START)
        return self.record(f"jobs#{job.run_id}", f"{job.attempt}.{job.id}")

    def build(self, version: str = "2", **said: Any) -> Record:
        build = a_build(**{"pipeline_id": PIPELINE, "run": "9", "started_at": START, **said})
        self.store.record(Sighting(build=build, version=version), START)
        return self.record(build.pipeline_id, f"{build.run}.{build.attempt}")

    def record(self, pk: str, sk: str) -> Record:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        image = self.client.get_item(TableName="BuildsTable", Key=key)["Item"]
        revision = image.get("revision", {"N": "2"})["N"]
        return {
            "eventName": "INSERT" if revision == "1" else "MODIFY",
            "dynamodb": {"Keys": key, "NewImage": image},
        }

    def stored(self) -> Build:
        build = StoredBuilds(self.client, "BuildsTable").get(f"{PIPELINE}.9.1")
        assert build
        return build

    def counted(self) -> int:
        days = JobsReading(self.client, "MetricsTable").days(PIPELINE, START // DAY, START // DAY)
        return sum(each.counters.get("success", 0) for each in days.counted)


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> Table:
    return Table(dynamodb)


def call(*records: Record) -> None:
    app.handler({"Records": list(records)}, Context())


def matches(record: Any, pattern: Any) -> bool:
    """What Lambda's event filtering does with the few words that we use of it."""
    if isinstance(pattern, list):
        return record is not None and any(rule in ({"exists": True}, record) for rule in pattern)
    return isinstance(record, dict) and all(matches(record.get(name), rule) for name, rule in pattern.items())


def reaches(stream: str, record: Record) -> bool:
    filters = STREAMS[stream]["Properties"]["FilterCriteria"]["Filters"]
    return any(matches(record, json.loads(each["Pattern"])) for each in filters)


def test_a_build_learns_of_jobs_that_came_before_it_and_after(table: Table) -> None:
    early, late = a_job(), a_job(2, started_at=START + 4_000)
    call(table.job(early))
    call(table.build())
    assert (table.stored().queue_ms, table.counted()) == (10_000, 1)
    call(table.job(late))
    assert (table.stored().queue_ms, table.counted()) == (4_000, 2)


def test_it_counts_nothing_twice_and_keeps_what_expires(table: Table) -> None:
    records = [table.build(), table.job(a_job())]
    expired = {**table.job(a_job(2)), "eventName": "REMOVE"}
    call(*records)
    call(*records)
    call({**expired, "dynamodb": {"Keys": expired["dynamodb"]["Keys"]}})
    assert table.counted() == 2


def test_it_is_woken_by_new_builds_and_by_jobs_that_moved_on_alone(table: Table) -> None:
    queued = table.job(a_job(status=Status.QUEUED), "0")
    running = table.job(a_job(status=Status.IN_PROGRESS), "1")
    done, new = table.job(a_job()), table.build("1", status=Status.IN_PROGRESS, completed_at=None)
    assert [reaches("JobsStream", each) for each in (queued, running, done, new)] == [False, True, True, True]
    call(done, new)
    counted = table.record("jobs#github.77.9", "1.1")
    mapped = table.record("jobs#github.77.9", "run")
    moved_on, foreign = table.build("2"), table.build(provider="jenkins", pipeline_id="jenkins.x")
    assert not any(reaches("JobsStream", each) for each in (counted, mapped, moved_on, foreign))


def test_the_aggregate_function_never_sees_a_job_and_would_not_take_it_for_a_build(table: Table) -> None:
    build, job = table.build(), table.job(a_job())
    call(build, job)
    mapped = table.record("jobs#github.77.9", "run")
    assert reaches("BuildsStream", build)
    for record in (job, mapped):
        assert not reaches("BuildsStream", record)
        assert stored_from(record) is None


def test_it_ignores_builds_of_which_nobody_tells_jobs(table: Table, dynamodb: DynamoDBClient) -> None:
    call(table.build(pipeline_id="github.flat-0123456789abcdef0123", run="1"))
    assert dynamodb.scan(TableName="BuildsTable")["Count"] == 1


def test_it_sets_a_bad_record_aside_whole_until_it_is_replayed(table: Table) -> None:
    bad, good = table.job(a_job()), table.build()
    bad["dynamodb"]["NewImage"]["sk"] = {"S": "first"}
    call(bad, good)
    call(bad)
    aside = SetAsideTable(dynamodb_adapter.client(), "SetAsideTable", lambda: START, JOBS)
    (kept,) = aside.all()
    assert (kept.record, kept.reason, table.counted()) == (bad, "unreadable: ValueError", 1)
    assert [reason for _, reason in replay_jobs(aside, app.flow()).refused] == [kept.reason]
    aside.keep(good, "mended since")
    assert replay_jobs(aside, app.flow()).done == 1
    assert list(aside.all()) == [kept]


def test_what_the_stream_gave_up_is_found_in_the_table(table: Table) -> None:
    table.build()
    table.build(run="10")
    table.job(a_job())
    builds = StoredBuilds(dynamodb_adapter.client(), "BuildsTable")
    (record,) = list(builds.waiting_for_jobs())
    count_jobs([record], app.flow())
    assert (table.stored().queue_ms, table.counted()) == (10_000, 1)
    assert list(builds.waiting_for_jobs()) == []


def test_it_raises_what_may_heal_so_that_the_batch_comes_again(table: Table) -> None:
    def fail(**_: Any) -> None:
        raise table.client.exceptions.InternalServerError({"Error": {"Code": "InternalServerError"}}, "Query")

    record = table.build()
    table.client.meta.events.register("before-call.dynamodb.Query", fail)
    with pytest.raises(table.client.exceptions.InternalServerError):
        call(record)
