"""Aggregates of one scope, read: by their keys, and by a query where they have a partition to themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pipeline_health.adapters.dynamodb import Item
from pipeline_health.adapters.keys import aggregate_key
from pipeline_health.adapters.table_reading import TableReading
from pipeline_health.domain.aggregates import DEFAULT_PREFIX
from pipeline_health.domain.marks import MARK
from pipeline_health.domain.window import KINDS, Cover, Kind, Window
from pipeline_health.flows.aggregates import Aggregates, Share

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Numbers = Mapping[Kind, Sequence[int]]

_KEY: Final = {"pk", "sk"}
_PREFIX: Final = len(DEFAULT_PREFIX)


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """An item that is made into numbers only where somebody wants them: mostly it is what it was before."""

    item: Item
    default_only: bool

    def __len__(self) -> int:
        return len(self.item)

    def items(self) -> Iterable[tuple[str, int]]:
        return counters_from(self.item, default_only=self.default_only).items()


Counted = dict[int, StoredCounts]  # by number of the hour, day or week


class AggregatesReading:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = TableReading(client, table)

    def aggregates(self, share: Share, cover: Cover) -> Aggregates:
        return self._read(share, {"hours": cover.hours, "days": cover.days}, "weeks", cover.each_week)

    def buckets(self, share: Share, window: Window, *, hourly: bool) -> Aggregates:
        if hourly:
            return self._read(share, {}, "hours", range(window.start, window.end))
        return self._read(share, {"hours": Cover.of([window]).hours}, "days", window.days)

    def _read(self, share: Share, some: Numbers, kind: Kind, all_of: range) -> Aggregates:
        """`all_of` follow one another: a query, where the scope has a partition to itself."""
        if share.scope.pipeline_id and not share.scope.branch:
            return self._by_keys(share, {**some, kind: all_of})
        return replace(self._by_keys(share, some), **{kind: self._between(share, kind, all_of)})

    def _by_keys(self, share: Share, numbers: Numbers) -> Aggregates:
        places = {
            _id(aggregate_key(kind, share.scope, number)): (kind, number)
            for kind, some in numbers.items()
            for number in some
        }
        found: dict[Kind, Counted] = {kind: {} for kind in KINDS}
        for item in self._table.get_many({"pk": pk, "sk": sk} for pk, sk in places):
            kind, number = places[item["pk"]["S"], item["sk"]["S"]]
            found[kind][number] = StoredCounts(item, share.default_only)
        return Aggregates(**found)

    def _between(self, share: Share, kind: Kind, numbers: range) -> Counted:
        """The aggregates of one partition by number."""
        names = {_id(aggregate_key(kind, share.scope, number)): number for number in numbers}
        if not names:
            return {}
        (partition, first), (_, last) = min(names), max(names)
        items = self._table.partition(partition, "BETWEEN :first AND :last", first=first, last=last)
        return {names[partition, item["sk"]["S"]]: StoredCounts(item, share.default_only) for item in items}


def counters_from(item: Item, *, default_only: bool) -> dict[str, int]:
    """By hand, and no counter that was not asked about: a summary reads thousands."""
    if default_only:
        return {name: int(value["N"]) for name, value in item.items() if name[:_PREFIX] == DEFAULT_PREFIX}
    return {name: int(value["N"]) for name, value in item.items() if name not in _KEY and name[0] != MARK}


def _id(key: Mapping[str, str]) -> tuple[str, str]:
    return key["pk"], key["sk"]
