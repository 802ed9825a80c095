"""Which queries read the aggregates of all pipelines: they stand together, by time and then by id."""

from collections.abc import Iterable
from typing import Final

from pipeline_health.adapters.keys import place_of_pipelines, range_of_pipelines
from pipeline_health.domain.window import Kind

Range = tuple[str, str, str]  # a partition, and the sort keys between which it is read

# How many an answer (1 MB) holds at ten builds a day: 140, 460 and 430 bytes each; most hours have none.
FIT: Final[dict[Kind, int]] = {"hours": 20_000, "days": 2_200, "weeks": 2_400}


def ranges(kind: Kind, numbers: Iterable[int], pipelines: int) -> list[Range]:
    """Of consecutive ones in one partition; cut where an answer would be full, to be asked side by side."""
    most = max(1, FIT[kind] // max(1, pipelines))
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and len(runs[-1]) < most and _follows(kind, runs[-1][-1], number):
            runs[-1].append(number)
        else:
            runs.append([number])
    return [range_of_pipelines(kind, run[0], run[-1]) for run in runs]


def _follows(kind: Kind, last: int, number: int) -> bool:
    partition, _ = place_of_pipelines(kind, number)
    return number == last + 1 and place_of_pipelines(kind, last)[0] == partition
