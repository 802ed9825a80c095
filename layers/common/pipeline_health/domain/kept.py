"""What was made of something, kept until that something changes, for who asks again."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """The `most` that were asked for last, each with the version of what it was made of."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Key, tuple[object, Value]] = OrderedDict()

    def get(self, key: Key, version: object) -> Value | None:
        """None, too, of another version."""
        if key not in self._made or self._made[key][0] != version:
            return None
        self._made.move_to_end(key)
        return self._made[key][1]

    def put(self, key: Key, version: object, made: Value) -> None:
        self._made[key] = version, made
        self._made.move_to_end(key)
        if len(self._made) > self._most:
            self._made.popitem(last=False)
