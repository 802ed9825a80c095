"""Why we count as we do: the recipe that everybody knows, under the very faults that ours stands.

https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
"""

import time
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.domain.times import HOUR
from tests.faults.test_every_call import broken_at_each_call
from tests.faults.wire import FAULTS, Wire, let_expire
from tests.functions.test_reconcile import Context

COUNTER = {"pk": {"S": "successes"}, "sk": {"S": "today"}}


class UsualRecipe:
    """A table of what is done, and a decorator that looks there around `ADD successes 1`."""

    function = ""
    caches = memory = ()
    now = 0

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        client.create_table(
            TableName="Done",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        client.update_time_to_live(
            TableName="Done", TimeToLiveSpecification={"AttributeName": "expiration", "Enabled": True}
        )
        context: Any = Context(milliseconds=0)  # so one that died holds nothing up
        config = IdempotencyConfig(lambda_context=context)
        store = DynamoDBPersistenceLayer(table_name="Done")
        decorated = idempotent_function(data_keyword_argument="build", persistence_store=store, config=config)
        self._count = decorated(self._add)

    def _add(self, *, build: str) -> None:
        self._client.update_item(
            TableName="MetricsTable",
            Key=COUNTER,
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    def call(self) -> None:
        self._count(build="github.1.2.3.1")

    def reset(self) -> None:
        pass

    def end(self) -> int:
        return int(self._client.get_item(TableName="MetricsTable", Key=COUNTER)["Item"]["n"]["N"])


@pytest.fixture
def recipe(dynamodb: DynamoDBClient) -> UsualRecipe:
    return UsualRecipe(dynamodb)


def test_the_usual_recipe_counts_once_as_long_as_nothing_fails(recipe: UsualRecipe) -> None:
    recipe.call()
    recipe.call()
    assert recipe.end() == 1


@pytest.mark.parametrize(
    "fault", ["5xx after its effect", "an answer lost, and botocore asks again", "death after its effect"]
)
def test_the_usual_recipe_of_a_decorator_around_an_add_counts_again_where_ours_does_not(
    fault: str, recipe: UsualRecipe, wire: Wire
) -> None:
    counts: dict[tuple[int, str], int] = {}
    for call, raised in broken_at_each_call(recipe, wire, FAULTS[fault]):
        if raised:
            recipe.call()
        counts[len(counts), call.operation] = recipe.end()
    assert counts[1, "dynamodb.UpdateItem"] > 1  # the ADD: of ours, see test_every_call


def test_the_usual_recipe_counts_again_what_comes_again_after_25_hours(
    recipe: UsualRecipe, dynamodb: DynamoDBClient
) -> None:
    recipe.call()
    let_expire(dynamodb, time.time_ns() // 1_000_000 + 25 * HOUR)
    recipe.call()
    assert recipe.end() == 2  # of ours, see test_days_later
