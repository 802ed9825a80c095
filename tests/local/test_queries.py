"""The embedded AWS's queries by place, held against its own that look at everything."""

import json
import sys
from collections.abc import Callable, Iterator
from random import Random
from secrets import randbits
from typing import Any, Final

import pytest
from ministack.services import dynamodb

from local.queries import go_to_the_place
from tests.local.embedded_table import KEYS, TABLE, Ask, create, key, word, write

Query = Callable[[Ask], Any]

STEPS: Final = 3_000
OURS: Final = (
    "",
    " AND #s = :a",
    " AND #s < :a",
    " AND #s <= :a",
    " AND #s > :a",
    " AND #s >= :a",
    " AND #s BETWEEN :a AND :b",
    " AND begins_with(#s, :a)",
)
OTHERS: Final = (
    " AND at > :a",  # refused for its name, once there is an item to hold it against
    " AND begins_with (#s, :a)",
    " AND #s between :a and :b",
    " AND (#s = :a)",
    " AND :a = #s",
    " AND #s <> :a",
    " AND #s = :a AND #s = :b",
    " AND #s = :undefined",
    " AND #undefined = :a",
    " AND shown = :a",
    " OR #s = :a",
)


@pytest.fixture(autouse=True)
def whole(monkeypatch: pytest.MonkeyPatch) -> Iterator[Query]:
    """Its own query, which is by place until the test ends."""
    own: Query = dynamodb._query
    for name in ("_query", "_set_item", "_remove_item"):
        monkeypatch.setattr(dynamodb, name, getattr(dynamodb, name))
    go_to_the_place()
    create()
    yield own
    dynamodb.reset()


def question(index: str | None, condition: str, values: tuple[str, str, str]) -> Ask:
    """It names and gives what it uses, since anything else would be refused."""
    text = f"#p = :p{condition}"
    names = dict(zip(("#p", "#s"), KEYS[index], strict=True))
    given = dict(zip((":p", ":a", ":b"), values, strict=True))
    return {
        "TableName": TABLE,
        **({"IndexName": index} if index else {}),
        "KeyConditionExpression": text,
        "ExpressionAttributeNames": {name: each for name, each in names.items() if name in text},
        "ExpressionAttributeValues": {name: {"S": value} for name, value in given.items() if name in text},
    }


def asked(chance: Random, last: dict[str | None, Ask]) -> Ask:
    """`last` has the keys that pages ended at, by index."""
    index = chance.choice(list(KEYS))
    partition = chance.choice("hi" if index == "recent" else "pq")
    condition = chance.choice(OURS if chance.random() < 0.9 else OTHERS)
    page = {
        "ScanIndexForward": chance.choice([True, False, None]),
        "Limit": chance.choice([None, None, 1, 2, 5, 50, 1_000, 0, -1, "2"]),
        "FilterExpression": chance.choice([None, None, "attribute_exists(shown)"]),
        "ExclusiveStartKey": chance.choice([None, last.get(index), {**last.get(index, {}), **key(chance)}]),
    }
    given = {name: value for name, value in page.items() if value is not None}
    return {**question(index, condition, (partition, word(chance), word(chance))), **given}


def test_every_answer_is_its_own_whatever_was_written(whole: Query) -> None:
    seed = randbits(32)
    sys.stdout.write(f"{seed=}")  # shown where it fails
    chance, last, ended = Random(seed), dict[str | None, Ask](), 0
    for _ in range(STEPS):
        for _ in range(chance.randrange(4)):
            write(chance)
        ask = asked(chance, last)
        status, _, body = dynamodb._query(ask)
        assert (status, body) == whole(ask)[::2], ask
        if at := json.loads(body).get("LastEvaluatedKey"):
            last[ask.get("IndexName")] = at
            ended += 1
    assert ended > STEPS / 10


@pytest.mark.parametrize("index", KEYS)
@pytest.mark.parametrize("condition", OURS)
def test_a_page_looks_at_no_more_than_it_holds(
    condition: str, index: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        at = {"S": f"a{number:02}"}
        dynamodb._put_item(
            {"TableName": TABLE, "Item": {"pk": {"S": "p"}, "sk": at, "half": {"S": "p"}, "at": at}}
        )
    looked_at: list[object] = []
    holds = dynamodb._evaluate_condition

    def noted(text: str, item: Ask, *rest: Ask, **slot: str) -> object:
        looked_at.append(item)
        return holds(text, item, *rest, **slot)

    monkeypatch.setattr(dynamodb, "_evaluate_condition", noted)
    status, *_ = dynamodb._query({**question(index, condition, ("p", "a1", "a2")), "Limit": 5})
    assert status == 200
    assert len(looked_at) <= 5
