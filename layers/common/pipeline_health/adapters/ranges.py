"""Which queries read the aggregates of all pipelines: they stand together, by time and then by id."""

from collections.abc import Iterable, Mapping
from typing import Final

from pipeline_health.adapters.keys import place_of_pipelines, range_of_pipelines
from pipeline_health.domain.window import Kind

Range = tuple[str, str, str]  # a partition, and the sort keys between which it is read

# How many an answer (1 MB) holds at ten builds a day: 140, 460 and 430 bytes each; most hours have none.
FIT: Final[dict[Kind, int]] = {"hours": 20_000, "days": 2_200, "weeks": 2_400}


def ranges(kind: Kind, numbers: Iterable[int], pipelines: int) -> list[Range]:
    """Of consecutive ones in one partition; cut where an answer would be full, to be asked side by side."""
    return [range_of_pipelines(kind, run[0], run[-1]) for run in _runs(kind, numbers, pipelines)]


def ranges_until_now(numbers: Mapping[Kind, Iterable[int]], pipelines: int) -> list[Range]:
    """The same of all kinds, in one query less: the newest days and weeks stand side by side, which is where
    whatever is asked ends. Each may be missing, or the two be too much for an answer.
    """
    runs = {kind: _runs(kind, some, pipelines) for kind, some in numbers.items()}
    days, weeks = runs["days"], runs["weeks"]
    joined = []
    if days and weeks and pipelines * (_share("days", days[-1]) + _share("weeks", weeks[-1])) <= 1:
        partition, first, _ = range_of_pipelines("days", days[-1][0], days.pop()[-1])
        joined = [(partition, first, range_of_pipelines("weeks", weeks[-1][0], weeks.pop()[-1])[2])]
    apart = [range_of_pipelines(kind, run[0], run[-1]) for kind, some in runs.items() for run in some]
    return apart + joined


def _share(kind: Kind, run: list[int]) -> float:
    """Of an answer, for each pipeline."""
    return len(run) / FIT[kind]


def _runs(kind: Kind, numbers: Iterable[int], pipelines: int) -> list[list[int]]:
    most = max(1, FIT[kind] // max(1, pipelines))
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and len(runs[-1]) < most and _follows(kind, runs[-1][-1], number):
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _follows(kind: Kind, last: int, number: int) -> bool:
    partition, _ = place_of_pipelines(kind, number)
    return number == last + 1 and place_of_pipelines(kind, last)[0] == partition
