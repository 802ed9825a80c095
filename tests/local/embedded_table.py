"""A table of the embedded AWS in this process, and everything that may be done to it, at random."""

import json
from collections.abc import Callable
from contextlib import suppress
from random import Random
from types import SimpleNamespace
from typing import Any, Final

from ministack.services import dynamodb

Ask = dict[str, Any]
Item = dict[str, Any]

TABLE: Final = "builds"
KEYS: Final = {None: ("pk", "sk"), "recent": ("half", "at"), "by_pipeline": ("pk", "at")}
ATTRIBUTES: Final = ("pk", "sk", "half", "at")
LETTERS: Final = "ab\0\uffff\U0010ffff"
LONG: Final = 350_000  # bytes: three items of these are more than an answer holds


class EnoughError(Exception):
    pass


def create() -> None:
    _done(
        dynamodb._create_table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ATTRIBUTES],
        KeySchema=_schema(None),
        GlobalSecondaryIndexes=[_index(name) for name in KEYS if name],
    )


def _index(name: str) -> Ask:
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["shown"]}
    return {"IndexName": name, "KeySchema": _schema(name), "Projection": projection}


def _schema(index: str | None) -> list[Ask]:
    pairs = zip(KEYS[index], ("HASH", "RANGE"), strict=True)
    return [{"AttributeName": name, "KeyType": kind} for name, kind in pairs]


def _done(operation: Callable[[Ask], Any], **ask: Any) -> Any:
    status, _, body = operation({"TableName": TABLE, **ask})
    assert status == 200, body
    return json.loads(body)


def word(chance: Random) -> str:
    return "".join(chance.choices(LETTERS, k=chance.randint(1, 3)))


def key(chance: Random) -> Item:
    return {"pk": {"S": chance.choice("pq")}, "sk": {"S": word(chance)}}


def item(chance: Random) -> Item:
    """In no index, in one, or in both."""
    made = {**key(chance), "half": {"S": chance.choice("hi")}, "at": {"S": word(chance)}}
    for name in ("half", "at"):
        if chance.random() < 0.2:
            del made[name]
    size = LONG if chance.random() < 0.03 else chance.randrange(30)
    return {**made, chance.choice(["shown", "hidden"]): {"S": "x" * size}, "gone": {"N": chance.choice("09")}}


def put(chance: Random) -> None:
    _done(dynamodb._put_item, Item=item(chance))


def delete(chance: Random) -> None:
    _done(dynamodb._delete_item, Key=key(chance))


def _update(chance: Random) -> Ask:
    """It moves an item in an index, or takes it out."""
    ask = {"Key": key(chance), "ExpressionAttributeNames": {"#name": chance.choice(["at", "half"])}}
    if chance.random() < 0.3:
        return {**ask, "UpdateExpression": "REMOVE #name"}
    values = {":value": {"S": word(chance)}}
    return {**ask, "UpdateExpression": "SET #name = :value", "ExpressionAttributeValues": values}


def update(chance: Random) -> None:
    _done(dynamodb._update_item, **_update(chance))


def batch(chance: Random) -> None:
    items = {(one["pk"]["S"], one["sk"]["S"]): one for one in (item(chance) for _ in range(5))}
    deleted = [{name: one[name] for name in ("pk", "sk")} for one in list(items.values())[:2]]
    asked = [{"PutRequest": {"Item": one}} for one in list(items.values())[2:]]
    asked += [{"DeleteRequest": {"Key": each}} for each in deleted]
    _done(dynamodb._batch_write_item, RequestItems={TABLE: asked})


def transact(chance: Random) -> None:
    """Three of one key are refused as a whole, as they should be."""
    actions = {"Put": {"Item": item(chance)}, "Update": _update(chance), "Delete": {"Key": key(chance)}}
    asked = [{kind: {"TableName": TABLE, **action}} for kind, action in actions.items()]
    dynamodb._transact_write_items({"TransactItems": asked})


def rolled_back(chance: Random) -> None:
    """The second statement fails, for a transaction may not write an item that is there."""
    there = item(chance)
    _done(dynamodb._put_item, Item=there)
    statements = [
        {"Statement": f'DELETE FROM "{TABLE}" WHERE pk=? AND sk=?', "Parameters": list(key(chance).values())},
        {
            "Statement": f"INSERT INTO \"{TABLE}\" VALUE {{'pk': ?, 'sk': ?}}",
            "Parameters": [there["pk"], there["sk"]],
        },
    ]
    dynamodb._execute_transaction({"TransactStatements": statements})


def expire(chance: Random) -> None:
    """The thread that does it, once: what has `gone` at 5."""
    if chance.random() < 0.9:
        return
    rests = iter([None])

    def sleep(_: float) -> None:
        if next(rests, EnoughError) is EnoughError:
            raise EnoughError

    real, dynamodb.time = dynamodb.time, SimpleNamespace(sleep=sleep, time=lambda: 5)
    dynamodb._ttl_settings[TABLE] = {"TimeToLiveStatus": "ENABLED", "AttributeName": "gone"}
    with suppress(EnoughError):
        dynamodb._ttl_reaper()
    dynamodb.time = real


def index_anew(chance: Random) -> None:
    """The same name with the keys of another table's."""
    name = chance.choice([name for name in KEYS if name])
    defined = [{"AttributeName": each, "AttributeType": "S"} for each in ATTRIBUTES]
    for change in ({"Delete": {"IndexName": name}}, {"Create": _index(name)}):
        _done(dynamodb._update_table, AttributeDefinitions=defined, GlobalSecondaryIndexUpdates=[change])


def restore(chance: Random) -> None:
    """All that is kept, as if after a restart."""
    kept = dynamodb.get_state()
    dynamodb.reset()
    if chance.random() < 0.2:
        create()
    else:
        dynamodb.load_persisted_state(kept)


WRITES: Final[dict[Callable[[Random], None], float]] = {
    put: 30,
    update: 20,
    delete: 10,
    batch: 10,
    transact: 10,
    rolled_back: 1,
    expire: 1,
    index_anew: 0.5,
    restore: 0.2,
}


def write(chance: Random) -> None:
    (operation,) = chance.choices(list(WRITES), list(WRITES.values()))
    operation(chance)
