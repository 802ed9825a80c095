"""A page of a query at the cost of a page: the embedded AWS looks at a whole partition for each.

Its own function answers still, over a table of what the page may hold, found by its place. A question of
another form than ours is left to it as it is.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from types import FunctionType

from ministack.services import dynamodb

from local.conditions import Ask, Condition, OtherFormError, condition, string
from local.places import WRITING, Index, Item, Order, Place, Table, indexes, keep_places, order


def go_to_the_place() -> None:
    keep_places()
    dynamodb._query = _by_place(dynamodb._query)


def _by_place(answer: FunctionType) -> Callable[[Ask], object]:
    def query(ask: Ask) -> object:
        try:
            tables = {ask["TableName"]: _page(ask)}
        except OtherFormError:
            return answer(ask)
        return FunctionType(answer.__code__, {**vars(dynamodb), "_tables": tables})(ask)

    return query


def _page(ask: Ask) -> Table:
    """Its table, with no more items than the page may hold."""
    asked = condition(ask)
    table = dynamodb._tables.get(ask["TableName"])
    index = _index(table, asked, ask)
    after = _after(table, index, ask)
    with WRITING:
        places = order(table, index, asked.partition[1])
        walked = _walk(places, asked.bounds(places), after, forward=ask.get("ScanIndexForward", True))
        found = list(islice(walked, _most(ask))) or places[:1]  # to hold the condition against
        return _of(table, index, asked.partition[1], found)


def _index(table: Table | None, asked: Condition, ask: Ask) -> Index:
    for index in indexes(table) if table else ():
        if index.name == ask.get("IndexName") and index.partition == asked.partition[0]:
            return index
    raise OtherFormError(ask)


def _after(table: Table, index: Index, ask: Ask) -> Place | None:
    if not (key := ask.get("ExclusiveStartKey")):
        return None
    return string(index.sort, key), string(table["pk_name"], key), string(table["sk_name"], key)


def _walk(places: Order, span: tuple[int, int], after: Place | None, *, forward: bool) -> Iterator[Place]:
    start, end = span
    if after and forward:
        start = bisect_right(places, after)
    elif after:
        end = bisect_left(places, after)
    numbers = range(start, end) if forward else range(end - 1, start - 1, -1)
    return (places[number] for number in numbers)


def _most(ask: Ask) -> int | None:
    most = ask.get("Limit")
    if most is None or (isinstance(most, int) and most > 0):
        return most
    raise OtherFormError(ask)


def _of(table: Table, index: Index, partition: str, places: list[Place]) -> Table:
    items: dict[str, dict[str, Item]] = defaultdict(dict)
    for place in places:
        _, pk, sk = place
        items[pk][sk] = _item(table, place)
    members = {index.name: {partition: [(pk, sk) for _, pk, sk in places]}}
    return {**table, "items": items, dynamodb._INDEX_MEMBERS: members}


def _item(table: Table, place: Place) -> Item:
    _, pk, sk = place
    item: Item = table["items"][pk][sk]
    return item
