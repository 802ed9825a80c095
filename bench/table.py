"""DynamoDB to read from, in this process: it goes to the place as DynamoDB does; moto looks at each item.

It counts requests and read units, takes its own time apart, and refuses what no reader of the product asks.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, Final, NamedTuple

from bench.capacity import Spent, read_units
from bench.conditions import RefusedError, passes, shown
from bench.index import Index, Stored, stored_of
from bench.item_size import Item
from local.conditions import condition
from local.translate import load

ANSWER: Final = 1024 * 1024  # bytes, the most that a query brings
BATCH: Final = 16 * ANSWER
GETS: Final = 100
_QUERY: Final = {
    "TableName",
    "IndexName",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ScanIndexForward",
    "Limit",
    "ExclusiveStartKey",
    "ConsistentRead",
}


@cache
def _described() -> Mapping[str, Mapping[str, Any]]:
    """The tables whose keys have two parts: readers ask no others."""
    kind = "AWS::DynamoDB::Table"
    tables = {name: one["Properties"] for name, one in load()["Resources"].items() if one["Type"] == kind}
    return {name: table for name, table in tables.items() if len(table["KeySchema"]) == 2}


class Answer(NamedTuple):
    body: bytes
    units: float
    items: int


class Table:
    """One of template.yaml's."""

    def __init__(self, described: Mapping[str, Any]) -> None:
        self._indexes: dict[str | None, Index] = {None: Index(described, None)}
        for index in described.get("GlobalSecondaryIndexes", ()):
            self._indexes[index["IndexName"]] = Index(described, index)

    def put(self, item: Item) -> None:
        stored = stored_of(item)
        for each in self._indexes.values():
            each.put(item, stored)

    def settle(self) -> None:
        for each in self._indexes.values():
            each.settle()

    def get(self, key: Mapping[str, Any]) -> Stored | None:
        if key.keys() != {"pk", "sk"}:
            raise RefusedError(key)
        return self._indexes[None].get(key["pk"]["S"], key["sk"]["S"])

    def query(self, ask: Mapping[str, Any]) -> Answer:
        """Its units are those of all that was looked at, whatever the filter lets through."""
        if ask.keys() - _QUERY or {"IndexName", "ConsistentRead"} <= ask.keys():
            raise RefusedError(ask)
        index = self._indexes[ask.get("IndexName")]
        looked_at, more = _page(self._entries(index, ask), ask.get("Limit"))
        found = _told(looked_at, ask)
        items = b",".join(found)
        last = b""
        if more:
            at = json.loads(looked_at[-1].body)
            last = b',"LastEvaluatedKey":%b' % _json({name: at[name] for name in index.keys})
        body = b'{"Items":[%b],"Count":%d,"ScannedCount":%d%b}' % (items, len(found), len(looked_at), last)
        return Answer(body, read_units(sum(each.size for each in looked_at), ask), len(found))

    def _entries(self, index: Index, ask: Mapping[str, Any]) -> Iterator[Stored]:
        start = ask.get("ExclusiveStartKey")
        after = (start[index.sort]["S"], start["pk"]["S"], start["sk"]["S"]) if start else None
        return index.walk(condition(ask), after, forward=ask.get("ScanIndexForward", True))


def _page(entries: Iterator[Stored], limit: int | None) -> tuple[list[Stored], bool]:
    """As many as one answer looks at, and whether it ended before the span did. One that ended at its limit
    does not know: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
    """
    page, length = list[Stored](), 0
    for each in entries:
        length += each.size
        if length > ANSWER:
            return page, True
        page.append(each)
        if len(page) == limit:
            return page, True
    return page, False


def _told(looked_at: list[Stored], ask: Mapping[str, Any]) -> list[bytes]:
    bodies = [each.body for each in looked_at]
    if "FilterExpression" in ask:
        through = passes(ask)
        bodies = [body for body in bodies if through(json.loads(body))]
    if "ProjectionExpression" in ask:
        part = shown(ask)
        bodies = [_json(part(json.loads(body))) for body in bodies]
    return bodies


def _json(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()


class Tables:
    """As much of a client as reading takes."""

    def __init__(self, items: Iterable[tuple[str, Item]]) -> None:
        """Each with its table's name."""
        self._tables = {name: Table(described) for name, described in _described().items()}
        for name, item in items:
            self._tables[name].put(item)
        for table in self._tables.values():
            table.settle()
        self._counting = Lock()
        self.spent, self.took = Spent(), 0.0  # seconds of CPU that were not the reader's

    def query(self, **ask: Any) -> Any:
        return json.loads(self.answer("Query", ask))

    def get_item(self, **ask: Any) -> Any:
        return json.loads(self.answer("GetItem", ask))

    def batch_get_item(self, **ask: Any) -> Any:
        return json.loads(self.answer("BatchGetItem", ask))

    def answer(self, operation: str, ask: Mapping[str, Any]) -> bytes:
        """As it travels. Asked by several threads at once."""
        began = time.thread_time()
        if operation not in _ANSWERS:
            raise RefusedError(operation)
        answer = _ANSWERS[operation](self, ask)
        with self._counting:
            self.spent.requests[operation] += 1
            self.spent.reads += answer.units
            self.spent.brought += answer.items
            self.took += time.thread_time() - began
        return answer.body

    @contextmanager
    def measuring(self) -> Iterator[Spent]:
        """What is spent inside."""
        outer, self.spent = self.spent, Spent()
        yield self.spent
        self.spent = outer

    def _query(self, ask: Mapping[str, Any]) -> Answer:
        return self._tables[ask["TableName"]].query(ask)

    def _get(self, ask: Mapping[str, Any]) -> Answer:
        if ask.keys() != {"TableName", "Key"}:
            raise RefusedError(ask)
        found = self._tables[ask["TableName"]].get(ask["Key"])
        body = b'{"Item":%b}' % found.body if found else b"{}"
        return Answer(body, read_units(found.size if found else 0, ask), int(bool(found)))

    def _get_many(self, ask: Mapping[str, Any]) -> Answer:
        ((name, said),) = ask["RequestItems"].items()
        keys = {(key["pk"]["S"], key["sk"]["S"]) for key in said["Keys"]}
        others = ask.keys() - {"RequestItems"} | said.keys() - {"Keys", "ConsistentRead"}
        if others or not 0 < len(keys) <= GETS:
            raise RefusedError(ask)
        if len(keys) < len(said["Keys"]):
            raise RefusedError("the same key twice")
        found = [self._tables[name].get(key) for key in said["Keys"]]
        there = [each for each in found if each]
        if sum(each.size for each in there) > BATCH:
            raise RefusedError("more than an answer holds")
        body = b'{"Responses":{"%b":[%b]}}' % (name.encode(), b",".join(each.body for each in there))
        units = sum(read_units(each.size if each else 0, said) for each in found)
        return Answer(body, units, len(there))


_ANSWERS: Final = {"Query": Tables._query, "GetItem": Tables._get, "BatchGetItem": Tables._get_many}
