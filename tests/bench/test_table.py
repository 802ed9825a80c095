"""bench.table answers and counts as moto does where both know the answer, and refuses the rest."""

from collections.abc import Callable
from typing import Any, Final, cast

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from bench.capacity import Meter
from bench.conditions import RefusedError
from bench.history import ASKED, NOW, REPO, items_of, newest
from bench.product import DEFAULTS
from bench.summary import write
from bench.table import Tables
from pipeline_health.adapters.builds_reading import BuildsReading
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.jobs_reading import JobsReading
from pipeline_health.adapters.metrics_reading import MetricsReading
from pipeline_health.domain.aggregates import Scope
from pipeline_health.domain.newest import Stretch, position_of
from pipeline_health.domain.times import DAY
from pipeline_health.domain.window import Cover, Window
from pipeline_health.flows.aggregates import Share

BUILDS: Final = 60
HALF_YEAR: Final = "2026-H2"
ALL: Final = Stretch(position_of(0), position_of(NOW + DAY))
SOME: Final = Stretch(position_of(0), position_of(NOW - 20 * DAY))
FAILED: Final = Stretch(ALL.floor, ALL.below, {"status": "failure", "branch": "main"})
WINDOW: Final = Window.parse("30d", NOW)
COVER: Final = Cover.of([WINDOW, WINDOW.before])
OF_ONE: Final = Share(Scope(pipeline_id=ASKED))


class Readers:
    def __init__(self, client: Any) -> None:
        self.builds = BuildsReading(client, "BuildsTable")
        self.metrics = MetricsReading(client, "MetricsTable", DEFAULTS)
        self.jobs = JobsReading(client, "MetricsTable")


COUNTED_ALIKE: Final[dict[str, Callable[[Readers], Any]]] = {
    "a build": lambda at: at.builds.get(newest(BUILDS).id),
    "no build": lambda at: at.builds.get(f"{ASKED}.1.1"),
    "its jobs": lambda at: at.builds.jobs(newest(BUILDS)),
    "builds by id": lambda at: at.builds.get_many([newest(BUILDS).id, f"{ASKED}.1.1"]),
    "the newest": lambda at: at.builds.newest(HALF_YEAR, ALL, 7),
    "all of a half-year": lambda at: at.builds.newest(HALF_YEAR, ALL, 1_000),
    "a later page": lambda at: at.builds.newest(HALF_YEAR, SOME, 7),
    "the newest of a pipeline": lambda at: at.builds.newest_of(ASKED, ALL, 4),
    "changes": lambda at: at.metrics.newest_changes(HALF_YEAR, ALL, 3),
    "later changes": lambda at: at.metrics.newest_changes(HALF_YEAR, SOME, 3),
    "cards": lambda at: list(at.metrics.cards()),
    "cards behind one": lambda at: list(at.metrics.cards(after=ASKED)),
    "a card": lambda at: at.metrics.card(ASKED),
    "a branch": lambda at: at.metrics.branch(ASKED, "main"),
    "branches": lambda at: at.metrics.branches(ASKED, 100),
    "segments": lambda at: at.metrics.segments(ASKED, "main", 100),
    "aggregates of all": lambda at: at.metrics.aggregates(Share(Scope()), COVER),
    "aggregates of a repository": lambda at: at.metrics.aggregates(Share(Scope(repo=REPO)), COVER),
    "aggregates of one": lambda at: at.metrics.aggregates(OF_ONE, COVER),
    "hours of one": lambda at: at.metrics.buckets(OF_ONE, WINDOW, hourly=True),
    "rows": lambda at: list(at.metrics.rows([ASKED], 10, [WINDOW], range(0), default_only=False)),
    "days of jobs": lambda at: at.jobs.days(ASKED, 0, NOW // DAY),
}
# What of these is looked at and not told only DynamoDB knows.
LOOKED_AT: Final[dict[str, Callable[[Readers], Any]]] = {
    "failed builds": lambda at: at.builds.newest(HALF_YEAR, FAILED, 5).found,
    "commits": lambda at: at.builds.commits_of(ASKED, ALL, 100),
}


@pytest.fixture(scope="module")
def stored() -> list[tuple[str, Item]]:
    return list(items_of(BUILDS))


@pytest.fixture(scope="module")
def tables(stored: list[tuple[str, Item]]) -> Tables:
    return Tables(stored)


@pytest.fixture
def moto(dynamodb: DynamoDBClient, stored: list[tuple[str, Item]]) -> DynamoDBClient:
    for table in ("BuildsTable", "MetricsTable"):
        write(dynamodb, table, [item for name, item in stored if name == table])
    return dynamodb


def test_it_tells_the_products_readers_what_moto_tells_them(tables: Tables, moto: DynamoDBClient) -> None:
    client = boto3.client("dynamodb")
    meter = Meter(client, moto)
    for name, ask in COUNTED_ALIKE.items():
        with tables.measuring() as here:
            told = ask(Readers(tables))
        with meter.measuring() as there:
            assert ask(Readers(client)) == told, name
        assert told or name == "no build"
        assert (here.requests, here.reads) == (there.requests, there.reads), name
    for name, ask in LOOKED_AT.items():
        told = ask(Readers(tables))
        assert told
        assert ask(Readers(client)) == told, name


def test_what_a_filter_keeps_back_is_read_and_paid_for(tables: Tables) -> None:
    with tables.measuring() as whole:
        COUNTED_ALIKE["all of a half-year"](Readers(tables))
    with tables.measuring() as filtered:
        LOOKED_AT["failed builds"](Readers(tables))
    assert filtered.brought < whole.brought
    assert filtered.reads == whole.reads


def test_a_page_that_is_full_says_where_the_next_one_begins(tables: Tables) -> None:
    reading, stretch, found = BuildsReading(cast("Any", tables), "BuildsTable"), ALL, list[str]()
    while True:
        page = reading.newest_of(ASKED, stretch, 2)
        found += [position for position, _ in page.found]
        if page.reached is None:
            break
        stretch = Stretch(ALL.floor, page.reached)
    assert found == sorted(set(found), reverse=True)
    assert len(found) == BUILDS / 10


def test_an_answer_ends_where_it_would_exceed_a_megabyte(dynamodb: DynamoDBClient) -> None:
    items = [to_item({"pk": "cards", "sk": f"{n:02}", "last": "x" * 90_000}) for n in range(25)]
    here = Tables(("MetricsTable", item) for item in items)
    write(dynamodb, "MetricsTable", items)
    for forward in (True, False):
        ask = {
            "TableName": "MetricsTable",
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": to_item({":pk": "cards"}),
            "ScanIndexForward": forward,
        }
        for length in (11, 11, 3):
            told, expected = here.query(**ask), cast("Any", dynamodb).query(**ask)
            assert len(told["Items"]) == length
            assert told["Items"] == expected["Items"]
            assert told.get("LastEvaluatedKey") == expected.get("LastEvaluatedKey")
            ask["ExclusiveStartKey"] = told.get("LastEvaluatedKey")
    assert here.spent.requests["Query"] == 6
    assert here.spent.reads == pytest.approx(2 * 25 * 90_000 / 4096 / 2, abs=3)


def test_no_answer_is_another_ones_object(tables: Tables) -> None:
    key = to_item({"pk": "cards", "sk": ASKED})
    tables.get_item(TableName="MetricsTable", Key=key)["Item"].clear()
    assert tables.get_item(TableName="MetricsTable", Key=key)["Item"]


PK: Final = {"TableName": "MetricsTable", "KeyConditionExpression": "pk = :pk"}
VALUES: Final = {"ExpressionAttributeValues": {":pk": {"S": "cards"}, ":n": {"S": "1"}}}


@pytest.mark.parametrize(
    "ask",
    [
        {**PK, **VALUES, "Select": "COUNT"},
        {**PK, **VALUES, "IndexName": "changes", "ConsistentRead": True},
        {**PK, **VALUES, "IndexName": "changes"},
        {**PK, **VALUES, "FilterExpression": "attribute_exists(last)"},
        {**PK, **VALUES, "ProjectionExpression": "pk"},
        {**PK, **VALUES, "KeyConditionExpression": "pk = :pk AND sk <> :n"},
        {**PK, **VALUES, "KeyConditionExpression": "pk = :pk AND last > :n"},
        {**PK, "ExpressionAttributeValues": {":pk": {"N": "1"}}},
    ],
)
def test_it_refuses_a_query_that_no_reader_sends(tables: Tables, ask: Any) -> None:
    with pytest.raises(RefusedError):
        tables.query(**ask)


def test_it_refuses_what_dynamodb_refuses_or_nobody_asks(tables: Tables) -> None:
    key = to_item({"pk": "cards", "sk": "1"})
    for keys in ([key, key], [{**key, "sk": {"S": str(n)}} for n in range(101)], []):
        with pytest.raises(RefusedError):
            tables.batch_get_item(RequestItems={"MetricsTable": {"Keys": keys}})
    with pytest.raises(RefusedError):
        tables.get_item(TableName="MetricsTable", Key=key, ConsistentRead=True)
    with pytest.raises(RefusedError):
        tables.answer("Scan", {"TableName": "MetricsTable"})
    with pytest.raises(ValueError, match="twice"):
        Tables([("MetricsTable", key), ("MetricsTable", key)])
