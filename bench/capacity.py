"""DynamoDB's request units of what a client really sends, reckoned from the items themselves.

moto's own ConsumedCapacity is a guess, so each write's items are read before and after it. The rules:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast

from bench.item_size import Item, size

WRITE: Final = 1024  # bytes of a unit
READ: Final = 4096
OVERHEAD: Final = 100  # bytes beside each stored item
TRANSACTION: Final = 2  # units for one; an index is written outside of it and costs what it always costs
_OF_ACTION: Final = {"Put": "Item", "Update": "Key", "Delete": "Key", "ConditionCheck": "Key"}
_OF_ONE: Final = {"PutItem": "Item", "UpdateItem": "Key", "DeleteItem": "Key"}
_OF_BATCH: Final = {"PutRequest": "Item", "DeleteRequest": "Key"}


@dataclass(frozen=True)
class Write:
    table: str
    key: Item
    before: Item | None


@dataclass
class Spent:
    """What was spent since it was last taken."""

    requests: Counter[str] = field(default_factory=Counter)
    writes: float = 0  # units, those of indexes included
    index_writes: float = 0
    reads: float = 0
    items: int = 0  # written
    brought: int = 0  # items read, as bench.table knows

    @property
    def sent(self) -> int:
        return self.requests.total()


class Meter:
    """Hooked into a client; what it reads itself goes through another one, which nobody counts."""

    def __init__(self, client: Any, aside: Any) -> None:
        self._aside = aside
        self._tables: dict[str, Mapping[str, Any]] = {}
        self.spent = Spent()
        client.meta.events.register("before-parameter-build.dynamodb", self._before)
        client.meta.events.register("after-call.dynamodb", self._after)

    @contextmanager
    def measuring(self) -> Iterator[Spent]:
        """What is spent inside."""
        outer, self.spent = self.spent, Spent()
        yield self.spent
        self.spent = outer

    def _before(self, params: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
        context["asked"] = params
        context["writes"] = [
            Write(table, key, self._stored(table, key)) for table, key in self._written(model.name, params)
        ]

    def _after(self, parsed: Any, model: Any, context: Any, **_: Any) -> None:
        """Of what was refused, too: a condition that does not hold costs a write."""
        self.spent.requests[model.name] += 1
        times = TRANSACTION if model.name == "TransactWriteItems" else 1
        for write in context["writes"]:
            self._count(write, times)
        if not context["writes"]:
            self.spent.reads += sum(self._reads(context["asked"], parsed))

    def _written(self, operation: str, params: Any) -> Iterator[tuple[str, Item]]:
        """The table and key of each item that a request writes."""
        if operation == "TransactWriteItems":
            for action in params["TransactItems"]:
                ((kind, said),) = action.items()
                yield said["TableName"], self._key(said["TableName"], said[_OF_ACTION[kind]])
        elif operation == "BatchWriteItem":
            for table, asked in params["RequestItems"].items():
                for request in asked:
                    ((kind, said),) = request.items()
                    yield table, self._key(table, said[_OF_BATCH[kind]])
        elif operation in _OF_ONE:
            yield params["TableName"], self._key(params["TableName"], params[_OF_ONE[operation]])

    def _count(self, write: Write, times: int) -> None:
        after = self._stored(write.table, write.key)
        self.spent.items += 1
        self.spent.writes += times * _units(max(size(write.before), size(after)), WRITE)
        for index in self._table(write.table).get("GlobalSecondaryIndexes", ()):
            keys = names_of(index) | names_of(self._table(write.table))
            units = _index_units(projected(write.before, index, keys), projected(after, index, keys), index)
            self.spent.index_writes += units
            self.spent.writes += units

    def _reads(self, asked: Any, parsed: Any) -> Iterator[float]:
        """A query's items are rounded up together, a batch's each by itself; nothing found costs one, too."""
        if "RequestItems" in asked:
            for table, said in asked["RequestItems"].items():
                found = parsed.get("Responses", {}).get(table, [])
                sizes = [size(item) for item in found] + [0] * (len(said["Keys"]) - len(found))
                yield from (read_units(each, said) for each in sizes)
        elif "Key" in asked:
            yield read_units(size(parsed.get("Item")), asked)
        else:
            yield read_units(sum(size(item) for item in parsed.get("Items", ())), asked)

    def _stored(self, table: str, key: Item) -> Item | None:
        answer = self._aside.get_item(TableName=table, Key=key, ConsistentRead=True)
        return cast("Item | None", answer.get("Item"))

    def _key(self, table: str, item: Item) -> Item:
        return {name: item[name] for name in names_of(self._table(table))}

    def _table(self, name: str) -> Mapping[str, Any]:
        if name not in self._tables:
            self._tables[name] = self._aside.describe_table(TableName=name)["Table"]
        return self._tables[name]


def items_of(client: Any, table: str) -> list[Item]:
    pages = client.get_paginator("scan").paginate(TableName=table)
    return [item for page in pages for item in page["Items"]]


def stored_bytes(client: Any, table: str) -> int:
    """What is paid for each month, what stands in indexes included."""
    described = client.describe_table(TableName=table)["Table"]
    items = items_of(client, table)
    indexes = described.get("GlobalSecondaryIndexes", ())
    keys = {id(index): names_of(index) | names_of(described) for index in indexes}
    copies = [projected(item, index, keys[id(index)]) for item in items for index in indexes]
    return sum(size(each) + OVERHEAD for each in [*items, *copies] if each)


def names_of(keyed: Mapping[str, Any]) -> set[str]:
    return {each["AttributeName"] for each in keyed["KeySchema"]}


def projected(item: Item | None, index: Mapping[str, Any], keys: set[str]) -> Item | None:
    """What of an item stands in an index; None of one that lacks the index's key."""
    if item is None or not names_of(index) <= item.keys():
        return None
    kind = index["Projection"]["ProjectionType"]
    if kind == "ALL":
        return item
    wanted = keys | set(index["Projection"].get("NonKeyAttributes", ()))
    return {name: value for name, value in item.items() if name in wanted}


def _index_units(before: Item | None, after: Item | None, index: Mapping[str, Any]) -> int:
    """Nothing where nothing projected changed; two writes where the key did, to take out and to put in."""
    if before == after:
        return 0
    if before and after and all(before[name] == after[name] for name in names_of(index)):
        return _units(max(size(before), size(after)), WRITE)
    return sum(_units(size(each), WRITE) for each in (before, after) if each)


def read_units(sized: int, asked: Mapping[str, Any]) -> float:
    return _units(sized, READ) * (1 if asked.get("ConsistentRead") else 0.5)


def _units(sized: int, unit: int) -> int:
    return max(1, -(-sized // unit))
