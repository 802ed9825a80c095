"""A mergeable sketch of durations: counts in bins so narrow that any percentile is within 2 %.

Every bin holds the whole milliseconds from its low to low * 1.0408; the value that stands for it, the
harmonic mean of its ends, is then at most (1.0408 - 1) / (1.0408 + 1) = 2 % away from any of them (the
bound of DDSketch, Masson, Rim and Lee, VLDB 2019). Small durations have a bin each and are exact.
The bins never change: they are names of stored counters.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final

_LONGEST: Final = 400 * 24 * 3600 * 1000


def _bins() -> list[int]:
    lows = [0, 1]
    while lows[-1] <= _LONGEST:
        lows.append(lows[-1] * 10408 // 10000 + 1)
    return lows


_LOWS: Final = _bins()


def bin_of(milliseconds: int) -> int:
    return bisect_right(_LOWS, milliseconds) - 1


def value_of(number: int) -> float:
    """The duration, in milliseconds, that stands for all those in a bin."""
    low, high = _LOWS[number], _LOWS[number + 1] - 1
    return 2 * low * high / (low + high) if low else 0.0


def percentiles(bins: Mapping[int, int], percents: Sequence[int]) -> list[float | None]:
    """Milliseconds at the nearest rank of each; None where nothing was counted."""
    numbers = sorted(number for number, count in bins.items() if count > 0)
    up_to = list(accumulate(bins[number] for number in numbers))
    if not up_to:
        return [None for _ in percents]
    ranks = (-(-up_to[-1] * percent // 100) for percent in percents)
    return [value_of(numbers[bisect_left(up_to, rank)]) for rank in ranks]
