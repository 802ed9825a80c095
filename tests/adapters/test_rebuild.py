"""A rebuild finds nothing where all is well, and ends in the numbers of the builds where it is not."""

from collections.abc import Iterator
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import keys
from pipeline_health.adapters.audited import AuditedCounts
from pipeline_health.adapters.builds_stored import StoredBuilds
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.domain.aggregates import EVERYTHING, Scope
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.ledger import Stored
from pipeline_health.domain.marks import is_mark
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation
from pipeline_health.flows.rebuild import Report, rebuild
from tests.counting import DEFAULTS, HOUR_MS, MemoryAside, MemoryTopic
from tests.flows.test_aggregate import START, _read, a_build
from tests.reading import store

WEEK = 7 * 24 * HOUR_MS
METRICS = "MetricsTable"
STATUSES = [Status.SUCCESS, Status.FAILURE, Status.FAILURE, Status.CANCELLED, Status.SUCCESS]
Items = dict[tuple[str, str], dict[str, Any]]


def some_builds(first: int, last: int) -> list[Build]:
    return [
        a_build(
            n * 40,
            STATUSES[n % 5],
            pipeline_id=f"github.1.{n % 2}",
            branch=["main", "feature"][n % 3 == 0],
            default_branch="main",
            commit=f"c{n % 4}",
        )
        for n in range(first, last)
    ]


def count(client: DynamoDBClient, *builds: Build) -> None:
    """Stored, and counted as they are stored."""
    store(client, *builds)
    ids = {build.id for build in builds}
    source = StoredBuilds(client, "BuildsTable")
    found = [s for of in {b.pipeline_id for b in builds} for s in source.of(of) if s.build.id in ids]
    to = aggregation(client)
    aggregate([{"build": each.build, "revision": each.revision} for each in found], to)


def aggregation(client: DynamoDBClient) -> Aggregation:
    return Aggregation(
        AuditedCounts(client, METRICS),
        StoredBuilds(client, "BuildsTable"),
        MemoryTopic(),
        MemoryAside(),
        _read,
        lambda _: None,
        DEFAULTS,
    )


def rebuilt(client: DynamoDBClient, builds: Any = None, since: int = START // WEEK * WEEK) -> Report:
    table = AuditedCounts(client, METRICS)
    source = builds or StoredBuilds(client, "BuildsTable")
    return rebuild(source, table, aggregation(client), since, START + WEEK)


def contents(client: DynamoDBClient) -> Items:
    """Everything but zeros, locks and revisions."""
    found = {}
    for item in client.scan(TableName=METRICS)["Items"]:
        told = {name: value for name, value in item.items() if name not in ("lock", "revision")}
        plain = {name: value for name, value in told.items() if value != {"N": "0"}}
        if plain.keys() - {"pk", "sk"}:
            found[item["pk"]["S"], item["sk"]["S"]] = plain
    return found


def spoil(client: DynamoDBClient, key: dict[str, str]) -> None:
    client.update_item(
        TableName=METRICS,
        Key=to_item(key),
        UpdateExpression="ADD success :n, d_failure :n",
        ExpressionAttributeValues=to_item({":n": 3}),
    )


def test_it_finds_nothing_where_all_is_well(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, *some_builds(1, 21))
    before = contents(dynamodb)
    report = rebuilt(dynamodb)
    assert (report.pipelines, report.counted, report.differences) == (2, 0, [])
    assert contents(dynamodb) == before


def test_it_counts_what_was_never_counted(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, *some_builds(1, 21))
    expected = contents(dynamodb)
    for key in expected:
        dynamodb.delete_item(TableName=METRICS, Key=to_item({"pk": key[0], "sk": key[1]}))
    report = rebuilt(dynamodb)
    assert (report.counted, report.differences) == (20, [])
    assert contents(dynamodb).keys() == expected.keys()


@pytest.mark.parametrize(
    "spoilt",
    [
        keys.hour_key(EVERYTHING, START // HOUR_MS + 1),
        keys.day_key(Scope(pipeline_id="github.1.0"), START // HOUR_MS // 24 + 1),
        keys.week_key(Scope(repo="acme/app"), START // HOUR_MS // 24 // 7),
        keys.hour_key(Scope(pipeline_id="github.1.1", branch="main"), START // HOUR_MS + 500),
        keys.hour_key(Scope(pipeline_id="github.1.1"), START // HOUR_MS + 150),
    ],
    ids=[
        "an hour of everything",
        "a pipeline's day",
        "a repository's week",
        "a branch's hour without builds",
        "a pipeline's",
    ],
)
def test_it_mends_numbers_and_says_which(dynamodb: DynamoDBClient, spoilt: dict[str, str]) -> None:
    count(dynamodb, *some_builds(1, 21))
    expected = contents(dynamodb)
    spoil(dynamodb, spoilt)
    (difference,) = rebuilt(dynamodb).differences
    assert difference == f"{spoilt['pk']} {spoilt['sk']}: {{'d_failure': -3, 'success': -3}}"
    assert contents(dynamodb) == expected
    assert rebuilt(dynamodb).differences == []


def test_whoever_kept_a_pipeline_s_numbers_by_its_lock_reads_them_again(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, *some_builds(1, 21))
    before = AuditedCounts(dynamodb, METRICS).locks()
    spoil(dynamodb, keys.day_key(Scope(pipeline_id="github.1.0"), START // HOUR_MS // 24 + 1))
    rebuilt(dynamodb)
    moved = {one for one, lock in AuditedCounts(dynamodb, METRICS).locks().items() if lock != before[one]}
    assert moved == {"github.1.0"}


def test_it_learns_the_commits_of_builds_that_an_older_release_counted(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, *some_builds(1, 21))
    expected = contents(dynamodb)
    for item in dynamodb.scan(TableName=METRICS)["Items"]:
        for attempt in item.get("attempts", {"M": {}})["M"].values():
            attempt["M"].pop("mark", None)
        older = {name: value for name, value in item.items() if not is_mark(name)}
        dynamodb.put_item(TableName=METRICS, Item=older)
    assert contents(dynamodb) != expected
    rebuilt(dynamodb)
    assert contents(dynamodb) == expected


@pytest.mark.parametrize("prefix", ["timeline#", "segments#", "branches#"])
def test_it_restores_what_is_lost_of_a_branch(dynamodb: DynamoDBClient, prefix: str) -> None:
    count(dynamodb, *some_builds(1, 21))
    expected = contents(dynamodb)
    lost = next(key for key in sorted(expected) if key[0].startswith(prefix))
    dynamodb.delete_item(TableName=METRICS, Key=to_item({"pk": lost[0], "sk": lost[1]}))
    differences = rebuilt(dynamodb).differences
    assert f"{lost[0]} {lost[1]}" in differences
    after = contents(dynamodb)
    assert after.keys() == expected.keys()
    if prefix != "branches#":  # what was told of a branch cannot be known again
        assert after == expected


def test_it_leaves_what_expired_as_it_was_counted(dynamodb: DynamoDBClient) -> None:
    builds = some_builds(1, 21)
    count(dynamodb, *builds)
    expected = contents(dynamodb)
    for build in builds[:9]:
        dynamodb.delete_item(TableName="BuildsTable", Key=to_item(keys.build_key(build)))
    later = -(-(builds[9].completed_at or 0) // WEEK) * WEEK
    assert [line for line in rebuilt(dynamodb, since=later).differences if "#" in line] == []
    assert contents(dynamodb) == expected


class Arriving(StoredBuilds):
    """More builds arrive, and are counted, in the middle of every step."""

    def __init__(self, client: DynamoDBClient, more: list[Build]) -> None:
        super().__init__(client, "BuildsTable")
        self._other, self._more = client, more

    def of(self, pipeline_id: str) -> Iterator[Stored]:
        for number, stored in enumerate(super().of(pipeline_id)):
            if number == 3 and self._more:
                store(self._other, self._more[0])
                if len(self._more) % 2:
                    count(self._other, self._more[0])
                del self._more[0]
            yield stored


def test_it_ends_equal_while_builds_arrive(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, *some_builds(1, 13))
    dynamodb.update_item(
        TableName=METRICS,
        Key=to_item(keys.hour_key(EVERYTHING, START // HOUR_MS + 1)),
        UpdateExpression="ADD success :n",
        ExpressionAttributeValues=to_item({":n": 3}),
    )
    report = rebuilt(dynamodb, Arriving(dynamodb, some_builds(13, 21)))
    assert len(report.differences) == 1
    after = rebuilt(dynamodb)
    assert (after.counted, after.differences) == (0, [])


def totals(client: DynamoDBClient, pipeline_id: str) -> str:
    item = client.get_item(TableName=METRICS, Key=to_item(keys.card_key(pipeline_id)))["Item"]
    return item["totals"]["S"]


@pytest.mark.parametrize("spoilt", [None, "90 0 0 0 0 0 0 0"], ids=["an older card", "a wrong one"])
def test_it_finds_a_pipeline_s_totals_again_expired_builds_included(
    dynamodb: DynamoDBClient, spoilt: str | None
) -> None:
    builds = some_builds(1, 21)
    later = [a_build(9 * 24 * 60 + n, pipeline_id="github.1.0") for n in range(2)]
    count(dynamodb, *builds, *later)
    expected = totals(dynamodb, "github.1.0")
    assert expected.split()[:3] == ["6", "4", "2"]
    for build in builds[:9]:
        dynamodb.delete_item(TableName="BuildsTable", Key=to_item(keys.build_key(build)))
    key = to_item(keys.card_key("github.1.0"))
    spoil = {"ExpressionAttributeValues": to_item({":totals": spoilt})} if spoilt else {}
    dynamodb.update_item(
        TableName=METRICS,
        Key=key,
        UpdateExpression="SET totals = :totals" if spoilt else "REMOVE totals",
        **spoil,  # type: ignore[arg-type]
    )
    since = -(-START // WEEK) * WEEK + WEEK
    rebuilt(dynamodb, since=since)
    found = totals(dynamodb, "github.1.0").split()
    assert found[:8] == expected.split()
    assert found[8:] == (["84", *["0"] * 7] if spoilt else [])
    assert [line for line in rebuilt(dynamodb, since=since).differences if line.startswith("cards")] == []


@pytest.mark.parametrize("until", [None, 1, 10**6])
def test_a_card_knows_the_hour_after_which_nothing_ever_counted(
    dynamodb: DynamoDBClient, until: int | None
) -> None:
    """It may be too late, after a correction, but never too early."""
    count(dynamodb, *some_builds(1, 21))
    key = to_item(keys.card_key("github.1.0"))
    known = int(dynamodb.get_item(TableName=METRICS, Key=key)["Item"]["until"]["N"])
    dynamodb.update_item(
        TableName=METRICS,
        Key=key,
        UpdateExpression="SET #until = :until",
        ExpressionAttributeNames={"#until": "until"},
        ExpressionAttributeValues=to_item({":until": known if until is None else until}),
    )
    rebuilt(dynamodb)
    assert int(dynamodb.get_item(TableName=METRICS, Key=key)["Item"]["until"]["N"]) == max(known, until or 0)
