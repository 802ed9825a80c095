"""The items of a table or of one of its indexes, in order, as bench.table asks for them."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from bench.capacity import names_of, projected
from bench.conditions import RefusedError
from bench.item_size import Item, size
from local.conditions import Condition


class Stored(NamedTuple):
    """An item as it travels, since a million of them as objects would not fit this machine."""

    body: bytes
    size: int


Place = tuple[str, str, str]  # a sort key, and the item's own key, which makes the order total
Entry = tuple[str, str, str, Stored]


class Index:
    """The table itself, or one of its indexes: entries by partition, in order."""

    def __init__(self, table: Mapping[str, Any], index: Mapping[str, Any] | None) -> None:
        self.partition, self.sort = _key_of(index or table)
        self.keys = names_of(table) | names_of(index or table)
        self._index = index
        self._partitions: dict[str, list[Entry]] = {}

    def put(self, item: Item, stored: Stored) -> None:
        if self.partition in item and self.sort in item:
            entry = item[self.sort]["S"], item["pk"]["S"], item["sk"]["S"], stored
            self._partitions.setdefault(item[self.partition]["S"], []).append(entry)

    def settle(self) -> None:
        for entries in self._partitions.values():
            entries.sort(key=itemgetter(0, 1, 2))
            if any(one[:3] == other[:3] for one, other in pairwise(entries)):
                raise ValueError("an item is there twice")

    def get(self, pk: str, sk: str) -> Stored | None:
        entries = self._partitions.get(pk, [])
        at = bisect_left(entries, (sk, pk, sk))
        return entries[at][3] if at < len(entries) and entries[at][0] == sk else None

    def walk(self, wanted: Condition, after: Place | None, *, forward: bool) -> Iterator[Stored]:
        """Those of a span behind a place, as the index shows them."""
        attribute, value = wanted.partition
        if attribute != self.partition or wanted.sort not in (None, self.sort):
            raise RefusedError(wanted)
        entries = self._partitions.get(value, [])
        start, end = wanted.bounds(entries)
        if after and forward:
            start = max(start, bisect_right(entries, (*after[:2], after[2] + "\0")))
        elif after:
            end = min(end, bisect_left(entries, after))
        numbers = range(start, end) if forward else range(end - 1, start - 1, -1)
        return (self._shown(entries[number][3]) for number in numbers)

    def _shown(self, stored: Stored) -> Stored:
        if self._index is None or self._index["Projection"]["ProjectionType"] == "ALL":
            return stored
        return stored_of(projected(json.loads(stored.body), self._index, self.keys) or {})


def stored_of(item: Item) -> Stored:
    return Stored(json.dumps(item, ensure_ascii=False).encode(), size(item))


def _key_of(keyed: Mapping[str, Any]) -> tuple[str, str]:
    by_kind = {each["KeyType"]: each["AttributeName"] for each in keyed["KeySchema"]}
    return by_kind["HASH"], by_kind["RANGE"]
