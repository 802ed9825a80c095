"""Key conditions of queries, understood: which places of a partition they mean, its places being in order."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, Final

Ask = Mapping[str, Any]
Places = Sequence[tuple[Any, ...]]  # each begins with its sort key
Bounds = Callable[..., tuple[int, int]]


class OtherFormError(Exception):
    """What is asked has none of the forms that are understood here."""


@dataclass(frozen=True)
class Condition:
    partition: tuple[str, str]  # the attribute and its value
    sort: str | None  # the attribute, where anything is said of it
    bounds: Callable[[Places], tuple[int, int]]  # from where, and up to where


_PARTITION: Final = re.compile(r"([#\w]+) = (:\w+)")
_SORT: Final[Mapping[str, Bounds]] = {
    r"([#\w]+) = (:\w+)": lambda value, places: (_at(value, places), _behind(value, places)),
    r"([#\w]+) < (:\w+)": lambda value, places: (0, _at(value, places)),
    r"([#\w]+) <= (:\w+)": lambda value, places: (0, _behind(value, places)),
    r"([#\w]+) > (:\w+)": lambda value, places: (_behind(value, places), len(places)),
    r"([#\w]+) >= (:\w+)": lambda value, places: (_at(value, places), len(places)),
    r"([#\w]+) BETWEEN (:\w+) AND (:\w+)": lambda one, last, places: (
        _at(one, places),
        _behind(last, places),
    ),
    r"begins_with\(([#\w]+), (:\w+)\)": lambda start, places: (_at(start, places), _past(start, places)),
}


def _at(value: str, places: Places) -> int:
    return bisect_left(places, value, key=itemgetter(0))


def _behind(value: str, places: Places) -> int:
    return bisect_right(places, value, key=itemgetter(0))


def _past(start: str, places: Places) -> int:
    return bisect_right(places, start, key=lambda place: place[0][: len(start)])


def condition(ask: Ask) -> Condition:
    first, _, rest = ask.get("KeyConditionExpression", "").partition(" AND ")
    if not (equal := _PARTITION.fullmatch(first)):
        raise OtherFormError(ask)
    sort, bounds = _sort(rest, ask) if rest else (None, lambda places: (0, len(places)))
    return Condition((_named(equal[1], ask), string(equal[2], values_of(ask))), sort, bounds)


def _sort(said: str, ask: Ask) -> tuple[str, Bounds]:
    for form, bounds in _SORT.items():
        if found := re.fullmatch(form, said):
            name, *values = found.groups()
            return _named(name, ask), partial(bounds, *(string(value, values_of(ask)) for value in values))
    raise OtherFormError(said)


def _named(name: str, ask: Ask) -> str:
    found: str = ask.get("ExpressionAttributeNames", {}).get(name, name)
    return found


def values_of(ask: Ask) -> Mapping[str, Any]:
    found: Mapping[str, Any] = ask.get("ExpressionAttributeValues", {})
    return found


def string(name: str, item: Mapping[str, Any]) -> str:
    """Of attributes: no key of ours is anything else."""
    match item.get(name):
        case {"S": str(text), **others} if not others:
            return text
    raise OtherFormError(name)
