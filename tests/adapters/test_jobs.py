"""Jobs in the builds table: one conditional request a delivery, any order, one result, and never a build."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters.builds_stored import StoredBuilds
from pipeline_health.adapters.dynamodb import from_item, to_item
from pipeline_health.adapters.job_items import job_from
from pipeline_health.adapters.jobs import DynamoStore
from pipeline_health.adapters.keys import job_key
from pipeline_health.domain.jobs import JobSighting
from pipeline_health.flows.ingest import Result, Unavailable
from tests.ingesting import NOW, github, github_run, job_sighted, sighted

TABLE = "BuildsTable"
QUEUED = job_sighted(status="queued", conclusion=None, completed_at=None, steps=[])
RUNNING = job_sighted(status="in_progress", conclusion=None, completed_at=None)
FAILED = job_sighted(conclusion="failure")
DONE = job_sighted(completed_at="2026-11-23T11:06:00Z")
ALL = [QUEUED, RUNNING, FAILED, DONE]


@pytest.fixture
def store(dynamodb: DynamoDBClient) -> DynamoStore:
    return DynamoStore(dynamodb, TABLE, retention_days=400)


def item_of(dynamodb: DynamoDBClient, sighting: JobSighting) -> dict[str, Any]:
    return dynamodb.get_item(TableName=TABLE, Key=to_item(job_key(sighting.job)))["Item"]


def test_it_is_an_item_of_its_own_that_no_list_of_builds_holds(
    store: DynamoStore, dynamodb: DynamoDBClient
) -> None:
    assert store.record_job(DONE, NOW) is Result.CREATED
    item = from_item(item_of(dynamodb, DONE))
    assert item.pop("job")["name"] == "test (3.13)"
    assert item == {
        "pk": "jobs#github.77.9876543210",
        "sk": "1.555",
        "version": DONE.version,
        "updated_at": NOW,
        "expires_at": NOW // 1000 + 400 * 86_400,
        "news": "1",
    }
    for index in ("recent", "by_pipeline"):
        assert dynamodb.scan(TableName=TABLE, IndexName=index)["Count"] == 0


def test_it_is_no_pipeline_to_count_builds_of(store: DynamoStore, dynamodb: DynamoDBClient) -> None:
    build = sighted("github", github(github_run()))
    store.record(build, NOW)
    store.record_job(DONE, NOW)
    assert list(StoredBuilds(dynamodb, TABLE).pipelines()) == [build.build.pipeline_id]


def test_each_delivery_is_one_request(store: DynamoStore, dynamodb: DynamoDBClient) -> None:
    sent: list[str] = []
    dynamodb.meta.events.register("before-send.dynamodb", lambda **told: sent.append(told["event_name"]))
    for sighting in (RUNNING, DONE, DONE):
        store.record_job(sighting, NOW)
    assert sent == ["before-send.dynamodb.UpdateItem"] * 3


def test_nothing_follows_from_a_job_that_waits(store: DynamoStore, dynamodb: DynamoDBClient) -> None:
    store.record_job(QUEUED, NOW)
    assert "news" not in item_of(dynamodb, QUEUED)


def test_a_job_that_cannot_be_stored_is_unavailable(dynamodb: DynamoDBClient) -> None:
    with Stubber(dynamodb) as stub:
        stub.add_client_error("update_item", "ThrottlingException")
        with pytest.raises(Unavailable) as refusal:
            DynamoStore(dynamodb, TABLE, 400).record_job(DONE, NOW)
    assert isinstance(refusal.value.__cause__, ClientError)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.sampled_from(ALL), max_size=4).flatmap(lambda again: st.permutations([*ALL, *again]))
)
def test_any_order_and_any_repetition_end_in_the_same_item(
    store: DynamoStore, dynamodb: DynamoDBClient, order: list[JobSighting]
) -> None:
    dynamodb.delete_item(TableName=TABLE, Key=to_item(job_key(DONE.job)))
    results = [store.record_job(sighting, NOW) for sighting in order]
    item = item_of(dynamodb, DONE)
    assert (job_from(item), item["version"]["S"], item["news"]["S"]) == (DONE.job, DONE.version, "1")
    leading = [max(each.version for each in order[: n + 1]) for n in range(len(order))]
    moved = [n for n in range(1, len(order)) if leading[n] > leading[n - 1]]
    assert results[0] is Result.CREATED
    assert [n for n, result in enumerate(results) if result is Result.UPDATED] == moved
