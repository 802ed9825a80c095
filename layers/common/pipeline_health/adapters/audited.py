"""The metrics table held against what it should hold: differences by item, mended under its lock."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from pipeline_health.adapters import counted_items as items
from pipeline_health.adapters import keys
from pipeline_health.adapters.counts import CountsTable, Name, meaning
from pipeline_health.adapters.differences import Numbers, differences, lines
from pipeline_health.adapters.dynamodb import Item, from_item
from pipeline_health.adapters.ranges import ranges
from pipeline_health.adapters.transaction import (
    add_action,
    buckets,
    delete_action,
    move_lock,
    put_action,
    put_card,
)
from pipeline_health.domain.aggregates import EVERYTHING, Moves, Scope
from pipeline_health.domain.packing import unpacked
from pipeline_health.domain.pipeline import Card
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.domain.totals import numbers_of
from pipeline_health.domain.truth import Truth
from pipeline_health.domain.window import DAYS_A_WEEK, KINDS, Kind, Window
from pipeline_health.flows.aggregation import Contended, Wanted

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef as Action

CHUNK: Final = 90  # actions of one transaction, beside the card's
_FIRST: Final = " "  # before every sort key


class AuditedCounts(CountsTable):
    def whole(self, pipeline_id: str, runs: Iterable[str]) -> Truth:
        """All that is stored of a pipeline, but for runs whose builds expired; its card first."""
        wanted = Wanted(frozenset(runs), frozenset())
        known = self.known({pipeline_id: wanted}, frozenset())[pipeline_id]
        branches = {
            b.name: b for b in map(items.branch_from, self._all(keys.branches_partition(pipeline_id)))
        }
        timelines = {name: keys.timeline_key(pipeline_id, name, "")["pk"] for name in branches}
        segments = {name: keys.segment_key(pipeline_id, name, "")["pk"] for name in branches}
        return Truth(
            card=known.card,
            runs=known.runs,
            branches=branches,
            entries={name: [*map(items.entry_from, self._all(pk))] for name, pk in timelines.items()},
            segments={name: (*map(items.segment_from, self._all(pk)),) for name, pk in segments.items()},
            moves={},
        )

    def locks(self) -> dict[str, int]:
        return {item["sk"]["S"]: int(item["lock"]["N"]) for item in self._all(keys.CARDS)}

    def _all(self, partition: str, since: str = _FIRST) -> Iterator[Item]:
        return self._query(partition, "sk >= :since", {":since": since})

    def mend(self, truth: Truth, stored: Truth, since: int) -> list[str]:
        """What differed. Contended where the pipeline moved on since its card was read."""
        truth = replace(truth, card=self._with_totals(truth, since))
        should, there = _items(truth), _items(stored)
        keys_ = sorted(key for key in should.keys() | there.keys() if should.get(key) != there.get(key))
        numbers = self._differing(*_own(truth), since)
        if self._lock_of(truth.card.pipeline_id) != truth.card.lock:
            raise Contended
        actions = [_setting(key, should.get(key), self._table) for key in keys_ if key[0] != keys.CARDS]
        actions += [add_action(key, counters, self._table) for key, counters in numbers.items()]
        if keys_ or numbers:
            self._write(truth, actions)
        return [f"{pk} {sk}" for pk, sk in keys_] + lines(numbers)

    def mend_shared(self, moves: Moves, since: int, *, unless: Callable[[], bool]) -> list[str] | None:
        """What differed; None, and nothing done, where anything was counted meanwhile."""
        numbers = self._differing(moves, {scope for scope, _ in moves}, since)
        return None if unless() else self._added(numbers, {})

    def mend_pipelines(self, moves: Moves, span: Window, *, unless: Callable[[], bool]) -> list[str] | None:
        """The same of the pipelines' aggregates, which stand together, in a span of whole weeks."""
        numbers = differences(buckets(moves), self._of_pipelines(span))
        return None if unless() else self._added(numbers, self.locks())

    def _added(self, numbers: Numbers, locks: Mapping[str, int]) -> list[str]:
        """`locks` are those that move with it, of the pipelines that the sort keys end with."""
        for key, counters in numbers.items():
            pipeline_id = key[1].partition("#")[2]
            lock = [move_lock(pipeline_id, self._table)] if pipeline_id in locks else []
            self._transact([add_action(key, counters, self._table), *lock])
        return lines(numbers)

    def _of_pipelines(self, span: Window) -> Numbers:
        parts: Mapping[Kind, range] = {
            "hours": range(span.start, span.end),
            "days": span.days,
            "weeks": span.whole_weeks,
        }
        queries = [each for kind, numbers in parts.items() for each in ranges(kind, numbers, 1)]
        return {
            _name(item): _numbers(item)
            for partition, first, last in queries
            for item in self._query(
                partition, "sk BETWEEN :first AND :last", {":first": first, ":last": last}
            )
        }

    def _with_totals(self, truth: Truth, since: int) -> Card:
        """Of all its life: what the weeks before `since` hold, and what the hours after it should."""
        of = Scope(pipeline_id=truth.card.pipeline_id)
        weeks = self._get([keys.week_key(of, week) for week in self._weeks(since)]).values()
        later = [n for (scope, hour), n in truth.moves.items() if scope == of and hour >= since // HOUR]
        counted = numbers_of([*(unpacked(_numbers(week)) for week in weeks), *later])
        return replace(truth.card, totals=truth.card.totals.corrected(counted))

    def _weeks(self, before: int) -> list[int]:
        """Those in which anything was counted."""
        partition, end = keys.week_key(EVERYTHING, 0)["pk"], keys.day_name(before // DAY)
        weeks = self._query(partition, "sk < :end", {":end": end})
        return [keys.day_of(item["sk"]["S"]) // DAYS_A_WEEK for item in weeks]

    def _lock_of(self, pipeline_id: str) -> int:
        return self._cards([pipeline_id])[pipeline_id].lock

    def _differing(self, moves: Moves, scopes: Iterable[Scope], since: int) -> Numbers:
        """What is to be added to the hours, days and weeks of these scopes."""
        should = {key: numbers for key, numbers in buckets(moves).items() if key[1] >= _bound(key[0], since)}
        there: Numbers = {}
        for partition in sorted(partition for scope in scopes for partition in _partitions(scope)):
            there |= {_name(item): _numbers(item) for item in self._all(partition, _bound(partition, since))}
        return differences(should, there)

    def _write(self, truth: Truth, actions: list["Action"]) -> None:
        """In steps that each check and move the lock: who comes in between ends them; all is read again."""
        lock = truth.card.lock
        for start in range(0, max(1, len(actions)), CHUNK):
            lock += 1
            card = put_card(replace(truth.card, lock=lock), self._table)
            self._transact([card, *actions[start : start + CHUNK]])

    def _transact(self, actions: list["Action"]) -> None:
        try:
            self._client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            raise meaning(error) from error


def _items(truth: Truth) -> dict[Name, Item]:
    of = truth.card.pipeline_id
    all_of_it = [
        items.card_item(truth.card),
        *(items.run_item(of, name, run) for name, run in truth.runs.items()),
        *(items.branch_item(of, branch) for branch in truth.branches.values()),
        *(items.entry_item(of, name, entry) for name, some in truth.entries.items() for entry in some),
        *(items.segment_item(of, name, each) for name, some in truth.segments.items() for each in some),
    ]
    return {_name(item): item for item in all_of_it}


def _setting(key: Name, item: Item | None, table: str) -> "Action":
    return put_action(item, table) if item else delete_action({"pk": key[0], "sk": key[1]}, table)


def _own(truth: Truth) -> tuple[Moves, set[Scope]]:
    """What it moved in partitions that no other pipeline moves: its branches'."""
    of = truth.card.pipeline_id
    own = {place: counters for place, counters in truth.moves.items() if place[0].branch}
    branches = {Scope(pipeline_id=of, branch=name) for name in truth.branches}
    return own, {*branches, *(scope for scope, _ in own)}


def _partitions(scope: Scope) -> list[str]:
    return [keys.aggregate_key(kind, scope, 0)["pk"] for kind in KINDS]


def _bound(partition: str, since: int) -> str:
    hour = keys.hour_name(since // HOUR)
    return hour if partition.startswith("hours#") else hour[:10]


def _name(item: Item) -> Name:
    return item["pk"]["S"], item["sk"]["S"]


def _numbers(item: Item) -> Counter[str]:
    return Counter({name: value for name, value in from_item(item).items() if name not in ("pk", "sk")})
