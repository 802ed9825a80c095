"""A strict reader of JSON objects: what two programs could read differently is refused."""

import json
from typing import Any, Final

from pydantic_core import from_json

from pipeline_health.providers.refusal import Refusal, not_json

_INFINITE: Final = (float("inf"), float("-inf"))


def read_object(body: bytes) -> dict[str, Any]:
    """The object in the body; Refusal (400) of anything else.

    Two parsers look at it. The first is strict about the grammar and has the same nesting limit (200) on
    every Python; the standard one would take NaN and lone surrogates. The second sees repeated keys, of which
    the first silently keeps one: which one, a proxy in front of us might decide otherwise.
    """
    try:
        from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise not_json(f"is not valid JSON: {error}") from None  # says what and where, never the input
    document = _load(body)
    if not isinstance(document, dict):
        raise not_json("must be a JSON object")
    return document


def _load(body: bytes) -> object:
    try:
        return json.loads(body.decode(), object_pairs_hook=_unique, parse_float=_finite)
    except ValueError:  # the first parser took it: this is the standard one's limit of 4,300 digits
        raise not_json("has a number with too many digits") from None
    except RecursionError:
        raise not_json("is nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _repeated([name for name, _ in pairs])
    return found


def _repeated(names: list[str]) -> Refusal:
    name = next(name for name in names if names.count(name) > 1)
    plain = len(name) <= 64 and name.isascii() and name.replace("_", "").isalnum()
    return not_json(f"repeats the key {name}" if plain else "repeats a key")


def _finite(text: str) -> float:
    number = float(text)
    if number in _INFINITE:
        raise not_json("has a number that is too large")
    return number
