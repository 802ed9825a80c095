"""What the product's readers send beside key conditions, understood; everything else is refused."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from bench.item_size import Item
from local.conditions import OtherFormError

Values = Mapping[str, str]
RefusedError = OtherFormError  # nobody has said what DynamoDB would answer to it

_EQUAL: Final = re.compile(r"([\w.]+) = (:\w+)")


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
