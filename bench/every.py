"""Every GET route at 1,000 to a million stored builds, in requests, units and CPU: `python -m bench.every`.

It asks the function itself (bench.served) over tables in this process (bench.history). Each round asks at all
sizes in turn, so that whatever else this machine does meets them alike; CPU is the best of the rounds. It is
that of a process that remembers nothing (`first`), and of the same when nothing has changed since (`again`).
"""

import argparse
import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from bench.capacity import Spent
from bench.client import Figure, show
from bench.history import ASKED, NOW, REPO, history, newest
from bench.served import Served, served

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
MOST: Final = 100_000
REQUESTS: Final = 6
GROWN: Final = 1.3  # CPU at 100,000 builds by that at 1,000, again: the goal is 1.2, and a tenth is noise
FILLS: Final = 1.5  # more hours and days hold anything, until all do; first it is up to 4, and 8 for rows
SLICES: Final = 3  # a filter that lets nothing through ends after six slices, not with the builds
ROUNDS: Final = 15


@dataclass(frozen=True)
class Question:
    """`requests` are the most that it may take, `flat` says that they are as many at every size, and `grown`
    how many times the CPU may be.
    """

    url: str
    requests: int = REQUESTS
    flat: bool = True
    grown: float = GROWN

    def at(self, size: int) -> str:
        return self.url.format(id=newest(size).id)


@dataclass(frozen=True)
class Asked:
    """By size."""

    spent: Mapping[int, Spent]
    first: Mapping[int, float]
    again: Mapping[int, float]


_ONE: Final = f"pipeline={ASKED}"
_BADGE: Final = f"/badge/github/{REPO}/CI 1"
QUESTIONS: Final = (
    Question("/metrics/summary?window=24h"),
    Question("/metrics/summary?window=7d"),
    Question("/metrics/summary?window=90d"),
    Question(f"/metrics/summary?window=90d&{_ONE}"),
    Question("/metrics/timeseries?window=7d&bucket=hour", grown=FILLS),
    Question("/metrics/timeseries?window=20d&bucket=hour", grown=FILLS),
    Question("/metrics/timeseries?window=90d"),
    Question(f"/metrics/timeseries?window=90d&{_ONE}"),
    Question(f"/metrics/timeseries?window=7d&bucket=hour&{_ONE}", grown=FILLS),
    Question(f"/metrics/timeseries?window=20d&bucket=hour&{_ONE}", grown=FILLS),
    Question("/metrics/pipelines?window=7d"),
    Question("/metrics/pipelines?window=90d"),
    Question(f"/metrics/jobs?window=90d&{_ONE}", grown=FILLS),
    Question("/pipelines?recent=30"),
    Question(f"/pipelines/{ASKED}"),
    Question("/builds?limit=30"),
    Question("/builds?limit=30&status=skipped", flat=False, grown=SLICES),
    Question(f"/builds?limit=30&{_ONE}"),
    Question("/builds/latest?pipeline=CI+1"),
    Question("/builds/latest?pipeline=CI+1&branch=main"),
    Question("/builds/{id}"),
    Question("/changes"),
    Question("/changes.atom"),
    Question(f"{_BADGE}.svg"),
    Question(f"{_BADGE}.svg?metric=success_rate&window=90d"),
    Question(f"{_BADGE}.json?metric=duration"),
    Question("/cctray.xml"),
    Question("/metrics/openmetrics"),
    Question("/export/builds.csv", flat=False),
    Question("/export/builds.ndjson?limit=100"),
)


def asked(question: Question, sizes: Sequence[int], rounds: int = ROUNDS) -> Asked:
    with served(NOW) as at:
        urls = {size: question.at(size) for size in sizes}
        spent = {size: _at(at, size).spent(url) for size, url in urls.items()}
        took = [
            (size, _at(at, size).first(url), at.cpu(url)) for _ in range(rounds) for size, url in urls.items()
        ]
    return Asked(spent, _least((size, first) for size, first, _ in took), _least((s, a) for s, _, a in took))


def _least(took: Iterable[tuple[int, float]]) -> dict[int, float]:
    """By size, the smallest first; of each the longest are sorted before the shortest, which stays."""
    return dict(sorted(took, key=lambda one: (one[0], -one[1])))


def _at(at: Served, size: int) -> Served:
    at.tables = history(size)
    return at


def measure(sizes: Sequence[int]) -> Iterator[Figure]:
    with _without_garbage():
        for size in sizes:
            history(size)
    for question in QUESTIONS:
        yield from _figures(question, asked(question, sizes))


def _figures(question: Question, told: Asked) -> Iterator[Figure]:
    few, *more = told.again
    most = max(told.spent)
    sent = max(spent.sent for spent in told.spent.values())
    yield Figure(f"{question.url}: requests", sent, "", question.requests)
    yield Figure(f"... read units of {few:,}", told.spent[few].reads, "")
    yield Figure(f"... read units of {most:,}", told.spent[most].reads, "")
    yield Figure(f"... CPU of {few:,}, again", told.again[few], "ms")
    for size in more:
        goal = question.grown if size == MOST else None
        yield Figure(f"... CPU of {size:,}, again, by that", told.again[size] / told.again[few], "", goal)
    yield Figure(f"... CPU of {few:,}, first", told.first[few], "ms")
    for size in more:
        yield Figure(f"... CPU of {size:,}, first, by that", told.first[size] / told.first[few], "")


@contextmanager
def _without_garbage() -> Iterator[None]:
    """What is made stays, and no question's time shall be that of looking through it."""
    gc.disable()
    yield
    gc.enable()
    gc.freeze()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=MOST, help="1000000 takes a quarter of an hour and 4 GB")
    most = parser.parse_args().most
    show(measure([size for size in SIZES if size <= most]))


if __name__ == "__main__":
    main()
