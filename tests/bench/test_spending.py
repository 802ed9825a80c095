"""What is paid for by the request cannot grow unseen: DynamoDB's units, counted from what is really sent."""

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from bench.product import Product, pipelines, run
from bench.spending import ALONE, IN_A_BATCH, TOGETHER, WARM, alone, some_runs, together, total, warm

(PIPELINE,) = pipelines(1)


@pytest.fixture
def product(dynamodb: DynamoDBClient) -> Product:
    at = Product(boto3.client("dynamodb"), dynamodb)
    warm(at, PIPELINE)
    return at


def test_a_build_told_word_by_word_stays_within_its_units(product: Product) -> None:
    told = alone(product, run(PIPELINE, WARM, failed=False))
    assert [(spent.sent, spent.writes, spent.reads) for spent in told.webhooks[:2]] == [(1, 3, 0), (1, 1, 0)]
    assert told.ended.requests == {"BatchGetItem": 2, "TransactWriteItems": 1}
    assert told.ended.writes <= ALONE
    assert told.ended.reads <= 4
    whole = total(told.all)
    assert whole.sent <= 28
    assert whole.writes <= 89
    assert told.bytes <= 3_800


@pytest.mark.parametrize("broken", [False, True])
def test_builds_counted_together_share_what_they_move(product: Product, *, broken: bool) -> None:
    spent = together(product, some_runs(PIPELINE, WARM, broken=broken))
    assert spent.requests == {"BatchGetItem": 2, "TransactWriteItems": 1}
    assert spent.writes / TOGETHER <= IN_A_BATCH
