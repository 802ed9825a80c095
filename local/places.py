"""Where items lie in a partition of the embedded AWS, in order and kept up to date.

An order is made when its partition is first asked for; from then on each item put or deleted moves it:
two functions of the embedded AWS write, whoever asks it to, and both note it here. Where all items or indexes
are replaced, it drops what it has derived from them, and as orders lie there, they go, too.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from threading import RLock
from typing import Any, Final, NamedTuple

from ministack.services import dynamodb

Item = Mapping[str, Any]
Table = dict[str, Any]
Place = tuple[str, str, str]  # a sort key, and the item's own key, which makes the order total
Order = list[Place]
Write = Callable[..., Item | None]

WRITING: Final = RLock()  # what expires is deleted by a thread of its own
_ORDERS: Final = object()  # beside the names of indexes


class Index(NamedTuple):
    """One of a table's, or the table itself, which has no name."""

    name: str | None
    partition: str
    sort: str


def keep_places() -> None:
    dynamodb._set_item = _noted(dynamodb._set_item)
    dynamodb._remove_item = _noted(dynamodb._remove_item)


def indexes(table: Table) -> Iterator[Index]:
    """Those whose keys are two strings, as are all of template.yaml that anyone queries."""
    own = [table["pk_name"]], [table["sk_name"]]
    for name, hashes, ranges in ((None, *own), *dynamodb._index_key_schemas(table)):
        types = {key and dynamodb._get_attr_type(table, key) for key in (*own[0], *own[1], *hashes, *ranges)}
        if len(hashes) == len(ranges) == 1 and types == {"S"}:
            yield Index(name, hashes[0], ranges[0])


def order(table: Table, index: Index, partition: str) -> Order:
    """Whoever asks holds WRITING for as long as it reads."""
    orders = dynamodb._index_members(table).setdefault(_ORDERS, {})
    if (index.name, partition) not in orders:
        places = (_place(table, index, item) for item in _items(table, index, partition))
        orders[index.name, partition] = sorted(places)
    found: Order = orders[index.name, partition]
    return found


def _items(table: Table, index: Index, partition: str) -> Iterator[Item]:
    items = table["items"]
    if index.name is None:
        return iter(items.get(partition, {}).values())
    members = dynamodb._index_members(table)[index.name].get(partition, ())
    return (items[pk][sk] for pk, sk in members)


def _place(table: Table, index: Index, item: Item) -> Place:
    return item[index.sort]["S"], item[table["pk_name"]]["S"], item[table["sk_name"]]["S"]


def _noted(write: Write) -> Write:
    """`put` is nothing where an item is deleted."""

    def noted(table: Table, pk: str, sk: str, *put: Item) -> Item | None:
        with WRITING:
            before = write(table, pk, sk, *put)
            if before:
                _note(table, before, there=False)
            for item in put:
                _note(table, item, there=True)
        return before

    return noted


def _note(table: Table, item: Item, *, there: bool) -> None:
    orders = table.get(dynamodb._INDEX_MEMBERS, {}).get(_ORDERS)
    for index in indexes(table) if orders else ():
        partition = dynamodb._index_partition(item, [index.partition], [index.sort])
        if (kept := orders.get((index.name, partition))) is not None:
            place = _place(table, index, item)
            at = bisect_left(kept, place)
            kept[at : at + (kept[at : at + 1] == [place])] = [place] * there
