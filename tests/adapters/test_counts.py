"""The metrics table does in DynamoDB what its stand-in does in memory, in a bounded number of requests."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import keys
from pipeline_health.adapters.counted_items import card_from, card_item, segment_from
from pipeline_health.adapters.counts import CountsTable
from pipeline_health.adapters.dynamodb import from_item, to_item
from pipeline_health.domain.aggregates import EVERYTHING, Scope
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.marks import is_mark
from pipeline_health.domain.packing import unpacked
from pipeline_health.domain.timeline import Segment
from pipeline_health.domain.times import half_year_of
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation, Contended, Unstorable
from tests.counting import DEFAULTS, HOUR_MS, MemoryAside, MemoryBuilds, MemoryTopic, expected_totals
from tests.flows.test_aggregate import START, _read, a_build, sent

TABLE = "MetricsTable"


def flow(client: DynamoDBClient) -> Aggregation:
    table = CountsTable(client, TABLE)
    return Aggregation(table, MemoryBuilds(), MemoryTopic(), MemoryAside(), _read, lambda _: None, DEFAULTS)


def requests_of(client: DynamoDBClient) -> Counter[str]:
    """Counts what is really sent, by operation."""
    sent_requests: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        sent_requests[model.name] += 1

    client.meta.events.register("before-call.dynamodb.*", count)
    return sent_requests


def counters(client: DynamoDBClient, key: dict[str, str]) -> Counter[str]:
    item = from_item(client.get_item(TableName=TABLE, Key=to_item(key)).get("Item", {}))
    return unpacked({name: value for name, value in item.items() if name not in key and value})


def a_mixed_history() -> list[Build]:
    statuses = [Status.SUCCESS, Status.FAILURE, Status.FAILURE, Status.CANCELLED, Status.SUCCESS]
    return [
        a_build(
            n * 7,
            statuses[n % 5],
            repo=f"acme/{n % 2}",
            branch=["main", "näme " * 30][n % 3 == 0],
            commit=f"c{n % 6}",
        )
        for n in range(1, 41)
    ]


@pytest.mark.parametrize("arrival", ["in order", "newest first", "in two halves, swapped"])
def test_it_counts_by_hour_and_day_in_every_scope(dynamodb: DynamoDBClient, arrival: str) -> None:
    builds = a_mixed_history()
    arriving = {
        "in order": builds,
        "newest first": builds[::-1],
        "in two halves, swapped": builds[20:] + builds[:20],
    }[arrival]
    to = flow(dynamodb)
    for start in range(0, len(arriving), 7):
        aggregate(sent(arriving[start : start + 7]), to)
        aggregate(sent(arriving[start : start + 7]), to)
    totals = expected_totals(builds)
    for hours, key in ((1, keys.hour_key), (24, keys.day_key), (168, keys.week_key)):
        for scope, number in {(scope, hour // hours) for scope, hour in totals}:
            within = [t for (owner, hour), t in totals.items() if (owner, hour // hours) == (scope, number)]
            total = sum(within, Counter[str]())
            unmarked = {name: value for name, value in total.items() if not is_mark(name)}
            assert counters(dynamodb, key(scope, number)) == (total if hours == 24 else unmarked)


def test_it_lists_the_changes_newest_first(dynamodb: DynamoDBClient) -> None:
    to = flow(dynamodb)
    builds = [a_build(n, s) for n, s in enumerate([Status.SUCCESS, Status.FAILURE, Status.SUCCESS], 1)]
    aggregate(sent(builds[::-1]), to)
    answer = dynamodb.query(
        TableName=TABLE,
        IndexName="changes",
        KeyConditionExpression="changes_half_year = :half_year",
        ExpressionAttributeValues=to_item({":half_year": half_year_of(START)}),
        ScanIndexForward=False,
    )
    changes = [from_item(item) for item in answer["Items"]]
    assert [(c["change"], c["changes_at"].split("#")[1], c["branch"]) for c in changes] == [
        ("fixed", builds[2].id, "main"),
        ("broken", builds[1].id, "main"),
    ]


def test_it_keeps_a_card_as_it_was(dynamodb: DynamoDBClient) -> None:
    to = flow(dynamodb)
    aggregate(sent(a_mixed_history()), to)
    item = dynamodb.get_item(TableName=TABLE, Key=to_item(keys.card_key("github.1.2")))["Item"]
    card = card_from(item)
    assert card_item(card) == item
    assert card.last == a_mixed_history()[-1]
    assert len(card.recent) == 30


def test_it_reads_only_the_neighbourhood_of_a_late_build(dynamodb: DynamoDBClient) -> None:
    to = flow(dynamodb)
    history = [a_build(n * 10, [Status.SUCCESS, Status.FAILURE][n % 2]) for n in range(1, 13)]
    aggregate(sent(history), to)
    reach = CountsTable(dynamodb, TABLE).reach("github.1.2", "main", f"{START + 35 * 60_000:015d}", "0" * 15)
    assert [segment.start[:15] for segment in reach.segments] == [
        f"{START + minutes * 60_000:015d}" for minutes in (20, 30, 40, 50)
    ]
    assert not reach.begins
    assert not reach.ends


def test_it_refuses_what_was_reckoned_from_a_stale_card(dynamodb: DynamoDBClient) -> None:
    class Overtaken(CountsTable):
        overtaken = False

        def write(self, outcome: Any) -> None:
            if not self.overtaken:
                self.overtaken = True
                aggregate(sent([a_build(7, Status.FAILURE)]), flow(dynamodb))
                with pytest.raises(Contended):
                    super().write(outcome)
                raise Contended
            super().write(outcome)

    to = flow(dynamodb)
    tally = aggregate(
        sent([a_build(3)]),
        replace(to, counts=Overtaken(dynamodb, TABLE)),
    )
    assert (tally.counted, tally.retries) == (1, 1)
    hour = a_build(3).completed_at or 0
    expected = expected_totals([a_build(3), a_build(7, Status.FAILURE)])
    assert (
        counters(dynamodb, keys.hour_key(EVERYTHING, hour // HOUR_MS))
        == expected[EVERYTHING, hour // HOUR_MS]
    )


def test_it_counts_a_hundred_builds_of_ten_pipelines_in_fifteen_requests(dynamodb: DynamoDBClient) -> None:
    to = flow(dynamodb)
    builds = [a_build(n, pipeline_id=f"github.1.{n % 10}") for n in range(1, 101)]
    requests = requests_of(dynamodb)
    aggregate(sent(builds), to)
    assert requests == {"BatchGetItem": 3, "TransactWriteItems": 10}


def test_it_halves_a_group_that_moves_more_than_one_transaction_holds(dynamodb: DynamoDBClient) -> None:
    to = flow(dynamodb)
    builds = [a_build(n * 60) for n in range(1, 21)]
    requests = requests_of(dynamodb)
    assert aggregate(sent(builds), to).counted == 20
    assert requests["TransactWriteItems"] > 1
    totals = expected_totals(builds)
    scope = Scope(pipeline_id="github.1.2", branch="main")
    for (owner, hour), expected in totals.items():
        if owner == scope:
            assert counters(dynamodb, keys.hour_key(owner, hour)) == expected


def test_it_sets_a_build_aside_that_dynamodb_will_never_take(dynamodb: DynamoDBClient) -> None:
    def refuse(**_: Any) -> None:
        raise dynamodb.exceptions.ClientError(
            {"Error": {"Code": "ValidationException"}}, "TransactWriteItems"
        )

    aside = MemoryAside()
    to = flow(dynamodb)
    dynamodb.meta.events.register("before-call.dynamodb.TransactWriteItems", refuse)
    tally = aggregate(
        sent([a_build(1), a_build(2)]),
        replace(to, aside=aside),
    )
    assert (tally.counted, tally.set_aside) == (0, 2)
    assert {reason for _, reason in aside.kept} == {"not storable: ValidationException"}


@pytest.mark.parametrize(
    ("reasons", "meaning"),
    [
        (["None", "ConditionalCheckFailed"], Contended),
        (["TransactionConflict", "None"], Contended),
        (["ThrottlingError"], Contended),
        (["None", "ValidationError"], Unstorable),
        (["ItemCollectionSizeLimitExceeded", "ConditionalCheckFailed"], Unstorable),
        (["SomethingNew"], ClientError),
    ],
)
def test_it_reads_again_what_passes_and_gives_up_what_never_will(
    dynamodb: DynamoDBClient, reasons: list[str], meaning: type[Exception]
) -> None:
    cancelled: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": code} for code in reasons],
    }

    def cancel(**_: Any) -> None:
        raise ClientError(cancelled, "TransactWriteItems")

    outcomes: list[Any] = []

    class Listening(CountsTable):
        def write(self, outcome: Any) -> None:
            outcomes.append(outcome)

    to = flow(dynamodb)
    listening = replace(to, counts=Listening(dynamodb, TABLE))
    aggregate(sent([a_build(1)]), listening)
    dynamodb.meta.events.register("before-call.dynamodb.TransactWriteItems", cancel)
    with pytest.raises(meaning):
        CountsTable(dynamodb, TABLE).write(outcomes[0])


def test_segments_come_back_as_they_were_stored(dynamodb: DynamoDBClient) -> None:
    aggregate(sent([a_build(1, Status.FAILURE)]), flow(dynamodb))
    answer = dynamodb.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=to_item({":pk": keys.segment_key("github.1.2", "main", "")["pk"]}),
    )
    (segment,) = [segment_from(item) for item in answer["Items"]]
    assert isinstance(segment, Segment)
    assert (segment.status, segment.n, segment.start) == (Status.FAILURE, 1, segment.last)
