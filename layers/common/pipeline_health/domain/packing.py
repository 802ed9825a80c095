"""Bins of a sketch, four to a number: an aggregate has a fourth of the attributes to be read and moved.

A packed number holds seven decimal digits a bin, so ten million builds in each, and 28 in all: what any
arithmetic of decimals keeps exactly (DynamoDB keeps 38). Packed numbers add up like counters do.
"""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

BINS: Final = 4
ROOM: Final = 10**7
_PACKED: Final = {"t": "T", "q": "Q", "r": "R"}
_KINDS: Final = {packed: kind for kind, packed in _PACKED.items()}


def packed(counters: Mapping[str, int]) -> Counter[str]:
    """The same counters with `t17`, `d_q3`... in numbers of four bins each."""
    found: Counter[str] = Counter()
    for name, value in counters.items():
        prefix, kind, number = _parts(name)
        if kind in _PACKED and number.isdigit():
            place, digits = divmod(int(number), BINS)
            found[f"{prefix}{_PACKED[kind]}{place}"] += value * ROOM**digits
        else:
            found[name] += value
    return found


def unpacked(counters: Mapping[str, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, value in counters.items():
        bins = _bins_of(name)
        if not bins:
            found[name] += value
        rest = max(0, value)
        for each in bins:
            rest, count = divmod(rest, ROOM)
            if count:
                found[each] += count
    return found


@lru_cache(maxsize=4096)
def _bins_of(name: str) -> tuple[str, ...]:
    """The names in a packed number, the lowest digits' first. There are some thousand in all."""
    prefix, kind, number = _parts(name)
    if kind not in _KINDS:
        return ()
    first = int(number) * BINS
    return tuple(f"{prefix}{_KINDS[kind]}{place}" for place in range(first, first + BINS))


def _parts(name: str) -> tuple[str, str, str]:
    """d_t17: d_, t, 17."""
    prefix = "d_" if name.startswith("d_") else ""
    rest = name[len(prefix) :]
    return prefix, rest[:1], rest[1:]
