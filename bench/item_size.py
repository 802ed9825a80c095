"""How many bytes an item has to DynamoDB, which rounds them up to what it charges.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]  # as it is sent: {"name": {"S": "value"}}


def size(item: Item | None) -> int:
    return sum(len(name.encode()) + _size(value) for name, value in (item or {}).items())


def _size(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return _of_number(value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in value.items())
        case "L":
            return 3 + sum(1 + _size(each) for each in value)
    return 1  # BOOL and NULL


def _of_number(text: str) -> int:
    """A byte for two digits, zeros at both ends aside, one for the sign where there is one, and one more."""
    digits = text.lstrip("-").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")
