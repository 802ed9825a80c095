"""The metrics table, read: aggregates of hours and days, and pipelines by their cards."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from pipeline_health.adapters import keys
from pipeline_health.adapters.counted_items import branch_from, card_from, segment_from
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.named_items import named_from
from pipeline_health.adapters.standing_items import standing_from
from pipeline_health.adapters.table_reading import TableReading
from pipeline_health.domain.aggregates import DEFAULT_PREFIX, Scope
from pipeline_health.domain.named import Latest, Named, ids_of
from pipeline_health.domain.newest import Slice, Stretch, just_below
from pipeline_health.domain.pipeline import Branch, Card
from pipeline_health.domain.recent import Recent
from pipeline_health.domain.standing import Standing
from pipeline_health.domain.timeline import Segment
from pipeline_health.domain.window import Cover, Window
from pipeline_health.flows.changes import StoredChange
from pipeline_health.flows.metrics import Aggregates, Share

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Counted = dict[int, Mapping[str, int]]  # by number of the hour, day or week
KeyOf = Callable[[Scope, int], dict[str, str]]

_KEY: Final = {"pk", "sk"}
_PREFIX: Final = len(DEFAULT_PREFIX)
_FIRST: Final = " "  # before every id


class MetricsReading:
    def __init__(self, client: "DynamoDBClient", table: str, default_names: frozenset[str]) -> None:
        self._table = TableReading(client, table)
        self._default_names = default_names

    def ids_of(self, pipeline: str, repo: str | None) -> Sequence[str]:
        """What no card knows may be the id of a pipeline whose first build is being counted."""
        known = list(self.pipelines())
        named = ids_of(known, pipeline, repo)
        return named if named or any(each.pipeline_id == pipeline for each in known) else [pipeline]

    def pipelines(self, after: str = "") -> Iterator[Named]:
        return (named_from(item, self._default_names) for item in self._cards(after))

    def standings(self) -> Iterator[Standing]:
        return (standing_from(item, self._default_names) for item in self._cards(""))

    def cards(self, after: str = "") -> Iterator[Card]:
        return map(card_from, self._cards(after))

    def _cards(self, after: str) -> Iterator[Item]:
        items = self._table.partition(keys.CARDS, "> :after", after=after or _FIRST)
        return (item for item in items if "last" in item)

    def card(self, pipeline_id: str) -> Card | None:
        item = self._table.get(keys.card_key(pipeline_id))
        return card_from(item) if item and "last" in item else None

    def branch(self, pipeline_id: str, name: str) -> Branch | None:
        item = self._table.get(keys.branch_key(pipeline_id, name))
        return branch_from(item) if item else None

    def branches(self, pipeline_id: str, limit: int) -> list[Branch]:
        return list(map(branch_from, self._some(keys.branches_partition(pipeline_id), limit)))

    def segments(self, pipeline_id: str, branch: str, limit: int) -> list[Segment]:
        """The newest first."""
        partition = keys.segment_key(pipeline_id, branch, "")["pk"]
        return list(map(segment_from, self._some(partition, limit, newest_first=True)))

    def _some(self, partition: str, limit: int, *, newest_first: bool = False) -> list[Item]:
        """One request, one page."""
        items: list[Item] = self._table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": partition}),
            ScanIndexForward=not newest_first,
            Limit=limit,
        )["Items"]
        return items

    def newest_on(self, pipeline_id: str, branch: str) -> Latest | None:
        newest = self._newest_on(pipeline_id, branch)
        return Latest(newest.status, newest.at) if newest else None

    def newest_id_on(self, pipeline_id: str, branch: str) -> str | None:
        newest = self._newest_on(pipeline_id, branch)
        return f"{pipeline_id}.{newest.run}.{newest.attempt}" if newest else None

    def _newest_on(self, pipeline_id: str, branch: str) -> Recent | None:
        known = self.branch(pipeline_id, branch)
        return known.newest if known else None

    def newest_changes(self, quarter: str, stretch: Stretch, limit: int) -> Slice[StoredChange]:
        if stretch.empty:
            return Slice([], None, 0)
        bounds = {":floor": stretch.floor, ":upper": just_below(stretch.below)}
        answer = self._table.query(
            IndexName="changes",
            KeyConditionExpression="changes_quarter = :quarter AND changes_at BETWEEN :floor AND :upper",
            ExpressionAttributeValues=to_item({":quarter": quarter, **bounds}),
            ScanIndexForward=False,
            Limit=limit,
        )
        last = answer.get("LastEvaluatedKey")
        found = [(item["changes_at"]["S"], change_from(item)) for item in answer["Items"]]
        return Slice(found, last["changes_at"]["S"] if last else None, answer["ScannedCount"])

    def aggregates(self, shares: Sequence[Share], cover: Cover) -> list[Aggregates]:
        """Of different scopes, in batches of a hundred aggregates; a single one's weeks in a query."""
        if len(shares) > 1 or cover.weeks is None:
            return self._singles(shares, cover)
        (read,) = self._singles(shares, replace(cover, weeks=None))
        numbers = {keys.week_name(week): week for week in cover.each_week}
        return [replace(read, weeks=self._between(_partition(keys.week_key, shares[0]), numbers, shares[0]))]

    def _singles(self, shares: Sequence[Share], cover: Cover) -> list[Aggregates]:
        parts = ((keys.hour_key, cover.hours), (keys.day_key, cover.days), (keys.week_key, cover.each_week))
        places = {
            _id(key(share.scope, number)): (share, part, number)
            for share in shares
            for part, (key, numbers) in enumerate(parts)
            for number in numbers
        }
        found: dict[Share, tuple[Counted, Counted, Counted]] = {share: ({}, {}, {}) for share in shares}
        for item in self._table.get_many({"pk": pk, "sk": sk} for pk, sk in places):
            share, part, number = places[item["pk"]["S"], item["sk"]["S"]]
            found[share][part][number] = counters_from(item, default_only=share.default_only)
        return [Aggregates(*found[share]) for share in shares]

    def buckets(self, share: Share, window: Window, *, hourly: bool) -> Aggregates:
        if hourly:
            numbers = {keys.hour_name(hour): hour for hour in range(window.start, window.end)}
            return Aggregates(hours=self._between(_partition(keys.hour_key, share), numbers, share))
        (read,) = self._singles([share], replace(Cover.of([window]), weeks=None, days=()))
        numbers = {keys.day_name(day): day for day in window.days}
        return replace(read, days=self._between(_partition(keys.day_key, share), numbers, share))

    def _between(self, partition: str, numbers: Mapping[str, int], share: Share) -> Counted:
        """The aggregates of one partition by number; `numbers` holds their sort keys, in order."""
        if not numbers:
            return {}
        names = list(numbers)
        items = self._table.partition(partition, "BETWEEN :first AND :last", first=names[0], last=names[-1])
        counted = partial(counters_from, default_only=share.default_only)
        return {numbers[item["sk"]["S"]]: counted(item) for item in items}


def change_from(item: Item) -> StoredChange:
    return StoredChange(item["pipeline_id"]["S"], item["branch"]["S"], segment_from(item))


def counters_from(item: Item, *, default_only: bool) -> dict[str, int]:
    """By hand, and no counter that was not asked about: a summary reads thousands."""
    counters: dict[str, int] = {}
    for name, value in item.items():
        default = name.startswith(DEFAULT_PREFIX)
        if name not in _KEY and (default or not default_only):
            plain = name[_PREFIX:] if default else name
            counters[plain] = counters.get(plain, 0) + int(value["N"])
    return counters


def _partition(key: KeyOf, share: Share) -> str:
    return key(share.scope, 0)["pk"]


def _id(key: Mapping[str, str]) -> tuple[str, str]:
    return key["pk"], key["sk"]
