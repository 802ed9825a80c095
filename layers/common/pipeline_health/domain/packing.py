"""Bins of a sketch, four to a number: an aggregate has a fourth of the attributes to be read and moved.

A packed number holds seven decimal digits a bin, so ten million builds in each, and 28 in all: what any
arithmetic of decimals keeps exactly (DynamoDB keeps 38). Packed numbers add up like counters do.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

BINS: Final = 4
ROOM: Final = 10**7
_PACKED: Final = {"t": "T", "q": "Q", "r": "R"}
_KINDS: Final = {packed: kind for kind, packed in _PACKED.items()}


@dataclass(frozen=True)
class Tally:
    """Counters as they are stored, taken apart, those of default branches and all others together: the bins
    of each sketch (`t` durations, `q` queue times, `r` recoveries), and the numbers that are none.
    """

    numbers: Counter[str] = field(default_factory=Counter)
    bins: Mapping[str, dict[int, int]] = field(default_factory=lambda: {kind: {} for kind in _PACKED})

    @classmethod
    def of(cls, counters: Mapping[str, int]) -> "Tally":
        both: dict[str, int] = {}
        for name, value in counters.items():
            plain = name.removeprefix("d_")
            both[plain] = both.get(plain, 0) + value
        tally = cls()
        for name, value in both.items():
            tally._take(name, value)
        return tally

    def _take(self, name: str, value: int) -> None:
        kind, number = _first_bin(name)
        if not kind:
            self.numbers[name] = value
            return
        bins = self.bins[kind]
        while value > 0:
            value, bins[number] = divmod(value, ROOM)
            number += 1


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


@lru_cache(maxsize=4096)
def _first_bin(name: str) -> tuple[str, int]:
    """Of a bin or a packed number of several: its sketch and where it begins there."""
    _, kind, number = _parts(name)
    if not number.isdigit() or kind not in {*_PACKED, *_KINDS}:
        return "", 0
    return (_KINDS[kind], int(number) * BINS) if kind in _KINDS else (kind, int(number))


def _parts(name: str) -> tuple[str, str, str]:
    """d_t17: d_, t, 17."""
    prefix = "d_" if name.startswith("d_") else ""
    rest = name[len(prefix) :]
    return prefix, rest[:1], rest[1:]
