"""What comes again days later changes nothing: the clock has moved, and what expires has expired."""

from collections.abc import Callable
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.domain.times import DAY, HOUR
from tests.faults.wire import items_of, let_expire
from tests.faults.worlds import Alerts, Ingest, World, forget

Make = Callable[[str], World]


def brought_again(world: World, client: DynamoDBClient, later: int) -> None:
    """To a new process."""
    world.now += later
    let_expire(client, world.now)
    forget(world.memory)
    world.call()


@pytest.mark.parametrize("later", [25 * HOUR, 4 * DAY], ids=["25 hours", "4 days"])
@pytest.mark.parametrize("name", ["ingest", "aggregate", "alerts", "jobs"])
def test_the_same_event_changes_nothing(name: str, later: int, made: Make, dynamodb: DynamoDBClient) -> None:
    world = made(name)
    world.call()
    before = world.end()
    brought_again(world, dynamodb, later)
    assert world.end() == before


@pytest.mark.parametrize("later", [25 * HOUR, 4 * DAY, 31 * DAY], ids=["25 hours", "4 days", "31 days"])
def test_an_alert_is_not_sent_again_though_it_is_forgotten_that_it_was(
    later: int, made: Make, dynamodb: DynamoDBClient
) -> None:
    """Claims last as long as an alert may be late (30 days at most): by then it is too old to be told."""
    world = made("alerts")
    assert isinstance(world, Alerts)
    world.call()
    assert sorted(world.mails().values()) == [1, 1]
    brought_again(world, dynamodb, later)
    assert sorted(world.mails().values()) == [1, 1]
    assert len(items_of(dynamodb, "ClaimsTable")) == (0 if later > 30 * DAY else 2)


def test_a_batch_changes_no_number_though_its_builds_have_expired(
    made: Make, dynamodb: DynamoDBClient
) -> None:
    world = made("aggregate")
    world.call()
    before = world.end()
    brought_again(world, dynamodb, 401 * DAY)
    assert items_of(dynamodb, "BuildsTable") == {}
    assert world.end() == before


def test_a_webhook_stores_a_build_that_expired_anew_as_what_it_was(
    made: Make, dynamodb: DynamoDBClient
) -> None:
    """And so with the revision that was counted, by which the ledger knows it: nothing counts twice."""
    world = made("ingest")
    assert isinstance(world, Ingest)
    world.call()
    (before,) = items_of(dynamodb, "BuildsTable").values()
    brought_again(world, dynamodb, 401 * DAY)
    (after,) = items_of(dynamodb, "BuildsTable").values()
    when = ("created_at", "updated_at", "expires_at")
    assert without(before, *when) == without(after, *when)


def without(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}
