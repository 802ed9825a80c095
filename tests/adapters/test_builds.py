"""The builds table on moto: one conditional request a sighting, any order, one result."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters.build_items import build_from, from_image
from pipeline_health.adapters.builds import DynamoBuilds, writing_client
from pipeline_health.adapters.dynamodb import from_item, to_item
from pipeline_health.adapters.keys import build_key
from pipeline_health.domain.build import Build, Sighting, Status
from pipeline_health.flows.ingest import Result, Unavailable
from tests.ingesting import ABSENT, NOW, FakeBuilds, github, github_run, jenkins, jenkins_build, sighted

TABLE = "BuildsTable"
DAY = 86_400


@pytest.fixture
def builds(dynamodb: DynamoDBClient) -> DynamoBuilds:
    return DynamoBuilds(dynamodb, TABLE, retention_days=400)


@pytest.fixture
def requests(dynamodb: DynamoDBClient) -> list[str]:
    """Every request to DynamoDB, counted where botocore sends it."""
    seen: list[str] = []
    dynamodb.meta.events.register("before-send.dynamodb", lambda **sent: seen.append(sent["event_name"]))
    return seen


def run(**fields: Any) -> Sighting:
    return sighted("github", github(github_run(**fields)))


def phase(name: str, timestamp: Any, received_at: int = NOW, **fields: Any) -> Sighting:
    document = jenkins_build(phase=name, timestamp=timestamp, **fields)
    return sighted("jenkins", jenkins(document, received_at))


def item_of(dynamodb: DynamoDBClient, build: Build) -> dict[str, Any]:
    return from_item(dynamodb.get_item(TableName=TABLE, Key=to_item(build_key(build)))["Item"])


RUNNING = run(status="in_progress", conclusion=None)
DONE = run()


def test_a_first_sighting_creates_the_build(builds: DynamoBuilds, dynamodb: DynamoDBClient) -> None:
    recorded = builds.record(DONE, NOW)
    assert recorded.result is Result.CREATED
    assert recorded.build == DONE.build.model_copy(update={"created_at": NOW, "updated_at": NOW})
    item = item_of(dynamodb, DONE.build)
    assert item.pop("build")["status"] == "success"
    assert item == {
        "pk": "github.77.4242",
        "sk": "9876543210.1",
        "version": DONE.version,
        "revision": 1,
        "created_at": NOW,
        "updated_at": NOW,
        "expires_at": NOW // 1000 + 400 * DAY,
        "half_year": item["half_year"],
        "at": f"{DONE.build.started_at:015d}#{DONE.build.id}",
    }
    assert item["half_year"] == "2026-H2"


def test_a_later_word_updates_it_and_keeps_when_it_was_first_stored(
    builds: DynamoBuilds, dynamodb: DynamoDBClient
) -> None:
    builds.record(RUNNING, NOW)
    recorded = builds.record(DONE, NOW + 5000)
    assert recorded.result is Result.UPDATED
    assert (recorded.build.created_at, recorded.build.updated_at) == (NOW, NOW + 5000)
    item = item_of(dynamodb, DONE.build)
    assert (item["revision"], item["expires_at"]) == (2, NOW // 1000 + 400 * DAY)


@pytest.mark.parametrize("again", [RUNNING, DONE])
def test_an_earlier_or_equal_word_changes_nothing(
    builds: DynamoBuilds, dynamodb: DynamoDBClient, again: Sighting
) -> None:
    builds.record(DONE, NOW)
    before = item_of(dynamodb, DONE.build)
    recorded = builds.record(again, NOW + 5000)
    assert recorded.result is Result.UNCHANGED
    assert recorded.build.status is Status.SUCCESS
    assert item_of(dynamodb, DONE.build) == before


def test_each_sighting_is_one_request(builds: DynamoBuilds, requests: list[str]) -> None:
    for sighting in (RUNNING, DONE, DONE, phase("QUEUED", NOW), phase("COMPLETED", NOW)):
        builds.record(sighting, NOW)
    assert requests == ["before-send.dynamodb.UpdateItem"] * 5


def test_logs_go_with_the_word_that_brought_them(builds: DynamoBuilds, dynamodb: DynamoDBClient) -> None:
    builds.record(phase("FINALIZED", NOW, log="first"), NOW)
    assert item_of(dynamodb, phase("FINALIZED", NOW).build)["logs"] == "first"
    assert builds.record(phase("COMPLETED", NOW), NOW).build.logs is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_when_it_was_queued_is_added_whatever_is_stored_by_then(
    builds: DynamoBuilds, order: tuple[int, ...]
) -> None:
    sightings = [phase("QUEUED", NOW - 900_000), phase("COMPLETED", NOW)]
    results = [builds.record(sightings[index], NOW) for index in order]
    assert [each.result for each in results] == [Result.CREATED, Result.UPDATED]
    assert results[-1].build.status is Status.SUCCESS
    assert results[-1].build.queued_at == NOW - 900_000
    assert builds.record(sightings[0], NOW).result is Result.UNCHANGED


def test_a_state_that_says_when_the_build_was_queued_stores_it(builds: DynamoBuilds) -> None:
    sighting = run(status="in_progress", conclusion=None)
    queued = sighting.build.model_copy(update={"queued_at": NOW - 90_000})
    recorded = builds.record(sighting.model_copy(update={"build": queued}), NOW)
    assert recorded.build.queued_at == NOW - 90_000
    assert builds.record(run(), NOW).build.queued_at == NOW - 90_000


def test_without_a_clock_a_build_started_when_it_was_first_stored(builds: DynamoBuilds) -> None:
    started = builds.record(phase("STARTED", 0, NOW, duration=0), NOW)
    builds.record(phase("STARTED", 0, NOW + 2000, duration=0), NOW + 2000)
    done = builds.record(phase("COMPLETED", 0, NOW + 9000, duration=0), NOW + 9000)
    late = builds.record(phase("FINALIZED", 0, NOW + 9500, duration=0), NOW + 9500)
    assert started.build.started_at == NOW
    assert (done.build.started_at, done.build.completed_at, done.build.duration_ms) == (NOW, NOW + 9000, 9000)
    assert (late.result, late.build) == (Result.UNCHANGED, done.build)


def test_without_a_clock_nobody_knows_when_a_build_started_whose_end_came_first(builds: DynamoBuilds) -> None:
    builds.record(phase("COMPLETED", 0, NOW, duration=0), NOW)
    recorded = builds.record(phase("STARTED", 0, NOW + 2000, duration=0), NOW + 2000)
    assert (recorded.build.started_at, recorded.build.completed_at) == (None, NOW)
    assert recorded.build.duration_ms is None


def test_a_queued_build_has_not_started(builds: DynamoBuilds) -> None:
    assert builds.record(phase("QUEUED", ABSENT), NOW).build.started_at is None


def test_a_stream_image_gives_the_build_and_its_revision(
    builds: DynamoBuilds, dynamodb: DynamoDBClient
) -> None:
    builds.record(RUNNING, NOW)
    stored = builds.record(DONE, NOW + 1).build
    image = dynamodb.get_item(TableName=TABLE, Key=to_item(build_key(stored)))["Item"]
    assert from_image(image) == (stored, 2)


def test_an_index_entry_gives_the_build_without_its_logs(
    builds: DynamoBuilds, dynamodb: DynamoDBClient
) -> None:
    stored = builds.record(phase("COMPLETED", NOW, log="long"), NOW).build
    found = dynamodb.query(
        TableName=TABLE,
        IndexName="by_pipeline",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=to_item({":pk": stored.pipeline_id}),
    )["Items"]
    assert [build_from(item) for item in found] == [stored.model_copy(update={"logs": None})]


@pytest.mark.parametrize(
    "code",
    [
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "InternalServerError",
        "ServiceUnavailable",
        "ResourceNotFoundException",
        "AccessDeniedException",
    ],
)
def test_whatever_storage_refuses_is_unavailable(dynamodb: DynamoDBClient, code: str) -> None:
    with Stubber(dynamodb) as stub:
        stub.add_client_error("update_item", code, http_status_code=500)
        with pytest.raises(Unavailable) as refusal:
            DynamoBuilds(dynamodb, TABLE, 400).record(DONE, NOW)
    assert refusal.value.status == 503
    assert isinstance(refusal.value.__cause__, ClientError)


@pytest.mark.parametrize("timeout", [ConnectTimeoutError, ReadTimeoutError])
def test_storage_out_of_reach_is_unavailable(dynamodb: DynamoDBClient, timeout: type[Exception]) -> None:
    def fail(**_: Any) -> None:
        raise timeout(endpoint_url="https://dynamodb")  # type: ignore[call-arg]  # botocore fills its text

    client = boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1}))
    client.meta.events.register("before-send.dynamodb", fail)
    with pytest.raises(Unavailable):
        DynamoBuilds(client, TABLE, 400).record(DONE, NOW)


def test_it_gives_up_while_the_sender_still_listens() -> None:
    config: Any = writing_client.__wrapped__().meta.config
    longest = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
    assert longest < 10  # seconds: GitHub's patience


GITHUB = [
    run(status=status, conclusion=word, updated_at=f"2026-11-23T11:{minute:02}:00Z", display_title=title)
    for status, word in [("queued", None), ("in_progress", None), ("completed", "failure")]
    for minute in (1, 2)
    for title in ("a", "b")  # the same instant twice
]
JENKINS = [
    phase("QUEUED", NOW - 905_000, scm={}),
    phase("STARTED", NOW - 900_000, scm={}),
    phase("COMPLETED", NOW, log="whole"),
    phase("FINALIZED", NOW + 900, log="late"),
]


def orders_of(sightings: list[Sighting]) -> st.SearchStrategy[list[Sighting]]:
    """Every sighting at least once, some of them again, in any order."""
    again = st.lists(st.sampled_from(sightings), max_size=4)
    return again.flatmap(lambda repeated: st.permutations([*sightings, *repeated]))


ANY_ORDER = st.one_of(orders_of(GITHUB), orders_of(JENKINS))


def ending(order: list[Sighting]) -> Build:
    """What any order of them must end in: said of the whole set, not of the order."""
    all_of_it = GITHUB if order[0] in GITHUB else JENKINS
    return max(all_of_it, key=lambda sighting: sighting.version).build


@given(order=ANY_ORDER)
def test_any_order_and_any_repetition_end_in_the_same_build_in_the_fake(order: list[Sighting]) -> None:
    fake = FakeBuilds()
    for sighting in order:
        fake.record(sighting, NOW)
    queued_at = max((sighting.build.queued_at or 0 for sighting in order), default=0) or None
    expected = ending(order).model_copy(update={"queued_at": queued_at, "created_at": NOW})
    assert fake.build(expected.id) == expected


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=ANY_ORDER)
def test_any_order_and_any_repetition_end_in_the_same_item(
    builds: DynamoBuilds, dynamodb: DynamoDBClient, order: list[Sighting]
) -> None:
    fake = FakeBuilds()
    key = to_item(build_key(order[0].build))
    dynamodb.delete_item(TableName=TABLE, Key=key)
    for sighting in order:
        recorded, expected = builds.record(sighting, NOW), fake.record(sighting, NOW)
        assert recorded.result is expected.result
        item = dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
        assert recorded.build == build_from(item)
    last = ending(order)
    assert build_from(item) == fake.build(last.id).model_copy(update={"updated_at": NOW})
    assert item["version"]["S"] == max(sighting.version for sighting in order)
    assert item["at"]["S"] == f"{last.started_at:015d}#{last.id}"
