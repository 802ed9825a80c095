"""What reading costs: a bounded number of requests and aggregates, whatever the history."""

from collections import Counter
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import keys
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.domain.aggregates import EVERYTHING
from pipeline_health.domain.times import HOUR
from tests.reading import NOW, count, ended, get, serve


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


class Requests:
    """What DynamoDB was asked, and how many aggregates it gave."""

    def __init__(self, client: Any) -> None:
        self.asked: Counter[str] = Counter()
        self.aggregates = 0
        client.meta.events.register("after-call.dynamodb", self._count)

    def _count(self, model: Any, parsed: Any, **_: Any) -> None:
        items = parsed.get("Items") or parsed.get("Responses", {}).get("MetricsTable", [])
        cards = bool(items) and items[0]["pk"]["S"] == "cards"
        self.asked["cards" if cards else model.name] += 1
        self.aggregates += 0 if cards else len(items)


def fill(client: Any, days: int) -> None:
    """A success in every hour of so many days and up to now, as far as a window that ends now can read it."""
    hour = NOW // HOUR
    edges = [hour + 1 - back * 24 for back in (0, days // 2, days)]
    near = {one for edge in edges for one in range(edge - 24, edge + 24)}
    counted: Counter[tuple[str, str]] = Counter()
    for one in range(hour - days * 24 - 168, hour + 1):
        wanted = [keys.day_key(EVERYTHING, one // 24), keys.week_key(EVERYTHING, one // 168)]
        wanted += [keys.hour_key(EVERYTHING, one)] if one in near else []
        counted.update((key["pk"], key["sk"]) for key in wanted)
    for (pk, sk), builds in counted.items():
        item = to_item({"pk": pk, "sk": sk, "success": builds})
        client.put_item(TableName="MetricsTable", Item=item)


@pytest.mark.parametrize("filters", [{}, {"branch": "default"}, {"pipeline": "github.1.2", "branch": "main"}])
def test_it_reads_a_summary_of_90_days_in_few_requests(dynamodb: DynamoDBClient, filters: Any) -> None:
    count(dynamodb, ended(HOUR))
    fill(dynamodb, 180)
    requests = Requests(reading_client())
    said = get("/metrics/summary", window="90d", **filters).json
    if not filters:
        assert said["builds"]["success"] == 90 * 24
        assert said["trend"]["before"]["builds"]["success"] == 90 * 24
        assert requests.aggregates > 50
    assert requests.asked.pop("cards") == 1
    assert requests.asked.total() <= 3
    assert requests.aggregates <= 85


def test_it_reads_the_numbers_of_those_pipelines_again_that_built_since(dynamodb: DynamoDBClient) -> None:
    ids = [f"github.1.{number}" for number in range(1, 16)]
    count(dynamodb, *(ended(HOUR, pipeline_id=one) for one in ids))
    first = get("/metrics/pipelines").json
    requests = Requests(reading_client())
    assert get("/metrics/pipelines").json == first
    assert requests.asked == {"cards": 1}
    count(dynamodb, ended(2 * HOUR, pipeline_id=ids[1], run="2"))
    rows = get("/metrics/pipelines").json["pipelines"]
    assert {row["id"]: row["builds"]["success"] for row in rows} == dict.fromkeys(ids, 1) | {ids[1]: 2}
    assert requests.asked == {"cards": 2, "BatchGetItem": 1}
    assert requests.aggregates == 2  # its day and its week


def test_a_card_that_does_not_know_when_all_ended_is_read_to_the_hour(dynamodb: DynamoDBClient) -> None:
    """An older release wrote it; a build whose sender's clock is ahead may lie behind the window."""
    count(dynamodb, ended(HOUR), ended(-2 * HOUR, run="2"))
    dynamodb.update_item(
        TableName="MetricsTable",
        Key=to_item(keys.card_key("github.1.2")),
        UpdateExpression="REMOVE #until",
        ExpressionAttributeNames={"#until": "until"},
    )
    (row,) = get("/metrics/pipelines").json["pipelines"]
    summary = get("/metrics/summary").json
    assert row["builds"]["success"] == summary["builds"]["success"] == 1


def test_what_is_remembered_was_read_as_of_then(dynamodb: DynamoDBClient) -> None:
    """A replica that lags would be remembered for an hour."""
    many = [ended(HOUR, pipeline_id=f"github.1.{number}") for number in range(15)]
    count(dynamodb, *many)
    asked = list[Any]()
    reading_client().meta.events.register(
        "provide-client-params.dynamodb", lambda params, **_: asked.append(params)
    )
    get("/metrics/pipelines")
    get("/metrics/pipelines", limit=1, window="24h")
    aggregates = [said for said in asked if ":after" not in str(said)]
    assert {"RequestItems" in said for said in aggregates} == {True, False}
    assert all("'ConsistentRead': True" in str(said) for said in aggregates)
