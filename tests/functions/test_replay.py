"""A bad record harms nobody: every good one is counted at once, and the bad ones later, whole."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters.aside import SetAsideTable
from pipeline_health.adapters.builds import DynamoBuilds
from pipeline_health.adapters.builds_stored import StoredBuilds, stored_from
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.keys import build_key
from pipeline_health.domain.aggregates import settle
from pipeline_health.domain.build import Build, Sighting, Status, version_of
from pipeline_health.domain.ledger import Stored
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation, Record
from pipeline_health.flows.replay import replay
from tests.counting import DEFAULTS, MemoryCounts, MemoryTopic, expected_totals
from tests.flows.test_aggregate import START, a_build


def a_record(client: DynamoDBClient, build: Build) -> dict[str, Any]:
    version = version_of(build.status, webhook=True, phase=0, sent_at=START, body=build.id.encode())
    DynamoBuilds(client, "BuildsTable", 400).record(Sighting(build=build, version=version), START)
    key = to_item(build_key(build))
    image = client.get_item(TableName="BuildsTable", Key=key)["Item"]
    return {
        "eventName": "INSERT",
        "dynamodb": {"ApproximateCreationDateTime": START // 1000, "NewImage": image},
    }


def spoilt(record: Record) -> dict[str, Any]:
    """As a release might write it that this one cannot read."""
    bad: dict[str, Any] = deepcopy(dict(record))
    bad["dynamodb"]["NewImage"]["build"]["M"]["status"] = {"S": f"new-word-{record_id(record)}"}
    return bad


def record_id(record: Record) -> str:
    text: str = record["dynamodb"]["NewImage"]["sk"]["S"]
    return text


def mended(record: Record) -> Stored | None:
    """The next release: it reads the new word."""
    known = deepcopy(dict(record))
    status = known["dynamodb"]["NewImage"]["build"]["M"]["status"]
    if status["S"].startswith("new-word"):
        status["S"] = "success"
    return stored_from(known)


@pytest.fixture
def aside(dynamodb: DynamoDBClient) -> SetAsideTable:
    return SetAsideTable(dynamodb, "SetAsideTable", lambda: START)


@pytest.fixture
def to(dynamodb: DynamoDBClient, aside: SetAsideTable) -> Aggregation:
    return Aggregation(
        MemoryCounts(),
        StoredBuilds(dynamodb, "BuildsTable"),
        MemoryTopic(),
        aside,
        stored_from,
        lambda _: None,
        DEFAULTS,
    )


def totals(to: Aggregation) -> object:
    assert isinstance(to.counts, MemoryCounts)
    return settle(to.counts.moves)


@pytest.mark.parametrize(
    ("size", "bad"),
    [(100, {0}), (100, {50}), (100, {99}), (1_000, set(range(7, 1_000, 100)))],
    ids=["first of 100", "in the middle", "last", "ten in 1,000"],
)
def test_it_counts_all_others_at_once_and_the_bad_after_a_fix(
    dynamodb: DynamoDBClient, to: Aggregation, aside: SetAsideTable, size: int, bad: set[int]
) -> None:
    builds = [a_build(number, pipeline_id=f"github.1.{number % 7}") for number in range(1, size + 1)]
    records = [a_record(dynamodb, build) for build in builds]
    batch = [spoilt(record) if n in bad else record for n, record in enumerate(records)]
    tallies = [aggregate(batch[start : start + 100], to) for start in range(0, size, 100)]
    stored = [build.model_copy(update={"created_at": START}) for build in builds]
    assert sum(tally.set_aside for tally in tallies) == len(bad)
    assert totals(to) == expected_totals([build for n, build in enumerate(stored) if n not in bad])
    kept = list(aside.all())
    assert sorted(record_id(each.record) for each in kept) == sorted(record_id(batch[n]) for n in bad)

    assert len(replay(aside, to).refused) == len(bad)
    assert len(list(aside.all())) == len(bad)
    replayed = replay(aside, replace(to, read=mended))
    assert (replayed.done, replayed.refused) == (len(bad), [])
    assert totals(to) == expected_totals(stored)
    assert list(aside.all()) == []


def test_a_replay_that_dies_halfway_counts_nothing_twice(
    dynamodb: DynamoDBClient, to: Aggregation, aside: SetAsideTable
) -> None:
    builds = [a_build(number, [Status.SUCCESS, Status.FAILURE][number % 2]) for number in range(1, 4)]
    for record in (a_record(dynamodb, build) for build in builds):
        aside.keep(record, "unreadable: ValidationError")

    class Dying(SetAsideTable):
        def remove(self, name: str) -> None:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        replay(Dying(dynamodb, "SetAsideTable", lambda: START), to)
    assert replay(aside, to).done == len(builds)
    assert totals(to) == expected_totals([b.model_copy(update={"created_at": START}) for b in builds])


def test_it_keeps_whatever_comes_in_place_of_a_record(aside: SetAsideTable) -> None:
    for record in ({}, {"dynamodb": None}, {"dynamodb": {"ApproximateCreationDateTime": "soon"}}):
        aside.keep(record, "unreadable: KeyError")
    assert len(list(aside.all())) == 3
