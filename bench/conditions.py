"""The conditions that the product's readers send, understood; every other one is refused."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bench.item_size import Item

LAST: Final = "\U0010ffff"  # behind every string that is stored

Values = Mapping[str, str]


class RefusedError(Exception):
    """Nobody has said what DynamoDB would answer to this."""


@dataclass(frozen=True)
class Span:
    """A part of a partition: the sort keys from `first` to `last`, both included."""

    partition: tuple[str, str]  # the attribute and its value
    sort: str | None  # the attribute, where anything is said of it
    first: str = ""
    last: str = LAST


_PARTITION: Final = re.compile(r"(\w+) = (:\w+)")
_SORT: Final[Mapping[str, Callable[[str, str], tuple[str, str]]]] = {
    r"(\w+) > (:\w+)(\b)": lambda after, _: (after + "\0", LAST),
    r"(\w+) BETWEEN (:\w+) AND (:\w+)": lambda first, last: (first, last),
    r"begins_with\((\w+), (:\w+)\)(\b|)": lambda prefix, _: (prefix, prefix + LAST),
}
_EQUAL: Final = re.compile(r"([\w.]+) = (:\w+)")


def span(ask: Mapping[str, Any]) -> Span:
    said, values = _named(ask, "KeyConditionExpression"), _values(ask)
    first, _, rest = said.partition(" AND ")
    if not (equal := _PARTITION.fullmatch(first)):
        raise RefusedError(said)
    partition = equal[1], values[equal[2]]
    return Span(partition, *_sort(rest, values)) if rest else Span(partition, None)


def _sort(said: str, values: Values) -> tuple[str, str, str]:
    for form, bounds in _SORT.items():
        if found := re.fullmatch(form, said):
            name, one, other = found.groups()
            return name, *bounds(values[one], values.get(other, ""))
    raise RefusedError(said)


def passes(ask: Mapping[str, Any]) -> Callable[[Item], bool]:
    """Whether an item gets through the filter: some attributes, in maps too, are strings that it names."""
    values, wanted = _values(ask), dict[tuple[str, ...], str]()
    for part in _named(ask, "FilterExpression").split(" AND "):
        if not (equal := _EQUAL.fullmatch(part)):
            raise RefusedError(part)
        wanted[tuple(equal[1].split("."))] = values[equal[2]]
    return lambda item: all(_at(item, path) == {"S": value} for path, value in wanted.items())


def shown(ask: Mapping[str, Any]) -> Callable[[Item], Item]:
    """What is asked for of an item: some attributes of one map."""
    paths = [tuple(path.split(".")) for path in _named(ask, "ProjectionExpression").split(", ")]
    (within,) = {path[0] for path in paths if len(path) == 2} or {""}
    if any(len(path) != 2 or path[0] != within for path in paths):
        raise RefusedError(ask["ProjectionExpression"])
    names = {name for _, name in paths}

    def part(item: Item) -> Item:
        found = {name: value for name, value in item[within]["M"].items() if name in names}
        return {within: {"M": found}}

    return part


def _at(item: Item, path: tuple[str, ...]) -> Any:
    *maps, name = path
    for each in maps:
        item = item.get(each, {}).get("M", {})
    return item.get(name)


def _named(ask: Mapping[str, Any], expression: str) -> str:
    names: Mapping[str, str] = ask.get("ExpressionAttributeNames", {})
    return re.sub(r"#\w+", lambda name: names[name[0]], ask[expression])


def _values(ask: Mapping[str, Any]) -> Values:
    """Strings alone: nothing else is a key, or filtered by."""
    values: dict[str, str] = {}
    for name, value in ask["ExpressionAttributeValues"].items():
        if value.keys() != {"S"}:
            raise RefusedError(f"{name} is {value}")
        values[name] = value["S"]
    return values
