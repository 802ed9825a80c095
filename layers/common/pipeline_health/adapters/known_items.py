"""DynamoDB's answers, read as JSON, but for items that came before: most of what is asked again is as it was.

An item that reads the same is the same object, so nobody may change one.
"""

import json
from collections.abc import Callable
from json.decoder import JSONArray  # type: ignore[attr-defined]  # nor is the next in its stubs
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from threading import Lock
from typing import Any, Final

HEAD: Final = 160  # characters: an item's keys, or whatever it begins with; of two alike the later is known
MOST: Final = 6_000_000  # characters: with what was made of them 70 MB

Scan = Callable[[str, int], tuple[Any, int]]


class KnownItems(json.JSONDecoder):
    """Whatever stands in a list of an answer is looked up by its beginning, then compared as a whole. A JSON
    object says where it ends: what begins with the text of one is that one. For several threads.
    """

    def __init__(self, most: int = MOST) -> None:
        super().__init__()
        self._most = most
        self._known: dict[str, tuple[str, Any]] = {}
        self.length = 0
        self._keeping = Lock()
        self._read: Scan = self.scan_once  # type: ignore[has-type]  # in C
        self.parse_array = self._array
        self.scan_once = py_make_scanner(self)

    def kept(self) -> list[tuple[str, Any]]:
        """Each item with its text."""
        return list(self._known.values())

    def _array(self, text_and_start: tuple[str, int], _: Any) -> tuple[list[Any], int]:
        found: tuple[list[Any], int] = JSONArray(text_and_start, self._element)
        return found

    def _element(self, text: str, start: int) -> tuple[Any, int]:
        head = text[start : start + HEAD]
        known = self._known.get(head)
        if known and text.startswith(known[0], start):
            return known[1], start + len(known[0])
        element, end = self._read(text, start)
        if isinstance(element, dict):  # "1" is the beginning of "12"
            self._keep(head, text[start:end], element)
        return element, end

    def _keep(self, head: str, text: str, item: Any) -> None:
        """What was kept first goes first."""
        with self._keeping:
            self.length += len(text) - len(self._known.pop(head, ("", None))[0])
            self._known[head] = text, item
            while self.length > self._most:
                self.length -= len(self._known.pop(next(iter(self._known)))[0])
