"""What was made of something, kept until that something changes, for who asks again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence, Sized
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """Those that were asked for last, each with the version of what it was made of: so many that their sizes
    are at most `most` together. Nobody may change what was made: the next one gets the same.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Key, tuple[object, Value, int]] = OrderedDict()
        self.size = 0

    def get(self, key: Key, version: object) -> Value | None:
        """None, too, of another version."""
        known = self._made.get(key)
        if known is None or known[0] != version:
            return None
        self._made.move_to_end(key)
        return known[1]

    def put(self, key: Key, version: object, made: Value, size: int = 1) -> None:
        if key in self._made:
            self.size -= self._made.pop(key)[2]
        if size > self._most:
            return
        self._made[key] = version, made, size
        self.size += size
        while self.size > self._most:
            self.size -= self._made.popitem(last=False)[1][2]

    def of(self, key: Key, content: Sequence[Sized], make: Callable[[], Value]) -> Value:
        """The content is its own version, and one larger than its parts are together: none is for nothing."""
        known = self.get(key, content)
        if known is None:
            known = make()
            self.put(key, content, known, 1 + sum(map(len, content)))
        return known
