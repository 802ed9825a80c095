"""What many pipelines counted, read: by their keys, or out of what stands together for all of them.

See docs/adr/0014-rows.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from threading import Lock
from typing import Final

from pipeline_health.adapters.aggregates_reading import AggregatesReading, Numbers
from pipeline_health.adapters.dynamodb import Item
from pipeline_health.adapters.keys import aggregate_key, place_of_pipelines
from pipeline_health.adapters.ranges import Range, ranges_until_now
from pipeline_health.adapters.table_reading import side_by_side
from pipeline_health.domain.aggregates import Scope, total_of
from pipeline_health.domain.marks import MARK, concluded_from
from pipeline_health.domain.packing import unpacked
from pipeline_health.domain.window import Cover, Window
from pipeline_health.flows.metrics import RowCounts

KEY: Final = 1  # read units, whatever is behind it
QUERY: Final = 1  # a request takes CPU worth about as much as its unit
TOGETHER: Final = 6  # aggregates of a query to the unit: 12 at ten builds a day, 3 at fifty

Place = tuple[str, str]  # a partition of all pipelines' aggregates, and what names a period in it
Total = dict[str, int]  # of counters as they are stored


class RowsReading(AggregatesReading):
    """Reads consistently: what is kept of a pipeline by its lock must hold all that moved the lock."""

    def rows(
        self, ids: Sequence[str], of: int, windows: Sequence[Window], days: range, *, default_only: bool
    ) -> Iterator[RowCounts]:
        cover = Cover.of(windows)
        all_days = sorted({*cover.days, *days})
        numbers: Numbers = {"hours": cover.hours, "days": all_days, "weeks": cover.each_week}
        asked = sum(map(len, numbers.values()))
        queries = ranges_until_now(numbers, of) if of else []
        found = _Found(ids, windows, days)
        if not of or KEY * asked * len(ids) <= QUERY * len(queries) + asked * of / TOGETHER:
            places = [(kind, number) for kind, some in numbers.items() for number in some]
            keys = (aggregate_key(kind, Scope(pipeline_id=one), n) for one in ids for kind, n in places)
            found.take(self._table.get_many(keys, consistent=True))
        else:
            side_by_side(lambda query: found.take(self._range(query)), queries)
        return (found.counts(one, default_only=default_only) for one in ids)

    def _range(self, query: Range) -> Iterable[Item]:
        partition, first, last = query
        span = "BETWEEN :first AND :last"
        return self._table.partition(partition, span, consistent=True, first=first, last=last)


class _Found:
    """Answers are added up as they come: in memory they are thirty times as large as on the wire.

    Marks stay numbers until their pipeline's turn, since Python looks at hundreds of thousands of objects
    again and again to collect its garbage, but at no number.
    """

    def __init__(self, ids: Iterable[str], windows: Sequence[Window], days: range) -> None:
        self._totals: dict[str, list[Total]] = {one: [{} for _ in windows] for one in ids}
        self._marks: dict[str, list[tuple[int, list[int]]]] = {one: [] for one in self._totals}
        self._terms = _terms(windows)
        self._days = {place_of_pipelines("days", day): day for day in days}
        self._adding = Lock()

    def take(self, items: Iterable[Item]) -> None:
        """From several threads at once."""
        for item in map(dict, items):
            partition, sk = item.pop("pk")["S"], item.pop("sk")["S"]
            period, _, pipeline_id = sk.partition("#")
            if pipeline_id in self._totals:
                with self._adding:
                    self._add(pipeline_id, (partition, period), item)

    def _add(self, pipeline_id: str, place: Place, counters: Item) -> None:
        totals = [(self._totals[pipeline_id][index], sign) for index, sign in self._terms.get(place, ())]
        marks: list[int] = []
        for name, value in counters.items():
            number = int(value["N"])
            if name[0] == MARK:
                marks.append(number)
                continue
            for total, sign in totals:
                total[name] = total.get(name, 0) + sign * number
        if place in self._days:
            self._marks[pipeline_id].append((self._days[place], marks))

    def counts(self, pipeline_id: str, *, default_only: bool) -> RowCounts:
        totals = [total_of([total], default_only=default_only) for total in self._totals[pipeline_id]]
        concluded = [each for day, marks in self._marks[pipeline_id] for each in concluded_from(marks, day)]
        return RowCounts([unpacked(total) for total in totals], concluded)


def _terms(windows: Sequence[Window]) -> dict[Place, list[tuple[int, int]]]:
    """By where all pipelines' aggregates of a period stand, in which windows they count, and which way."""
    terms: dict[Place, list[tuple[int, int]]] = {}
    for index, window in enumerate(windows):
        for kind, number, sign in window.terms:
            terms.setdefault(place_of_pipelines(kind, number), []).append((index, sign))
    return terms
