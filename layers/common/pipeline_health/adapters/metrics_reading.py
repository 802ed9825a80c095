"""The metrics table, read: aggregates of hours and days, and pipelines by their cards."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from pipeline_health.adapters import keys
from pipeline_health.adapters.counted_items import branch_from, card_from, segment_from
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.named_items import named_from
from pipeline_health.adapters.standing_items import standing_from
from pipeline_health.adapters.table_reading import TableReading, side_by_side
from pipeline_health.domain.aggregates import DEFAULT_PREFIX
from pipeline_health.domain.named import Latest, Named, ids_of
from pipeline_health.domain.newest import Slice, Stretch, just_below
from pipeline_health.domain.pipeline import Branch, Card
from pipeline_health.domain.recent import Recent
from pipeline_health.domain.standing import Standing
from pipeline_health.domain.window import Cover, Window
from pipeline_health.flows.changes import StoredChange
from pipeline_health.flows.metrics import Aggregates, Share

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Numbers = tuple[int, ...]
Counted = dict[int, Mapping[str, int]]  # by number of the hour or day

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

    def newest_on(self, pipeline_id: str, branch: str) -> Latest | None:
        newest = self._newest_on(pipeline_id, branch)
        return Latest(newest.status, newest.at) if newest else None

    def newest_id_on(self, pipeline_id: str, branch: str) -> str | None:
        newest = self._newest_on(pipeline_id, branch)
        return f"{pipeline_id}.{newest.run}.{newest.attempt}" if newest else None

    def _newest_on(self, pipeline_id: str, branch: str) -> Recent | None:
        known = self.branch(pipeline_id, branch)
        return known.newest if known else None

    def newest_changes(self, month: str, stretch: Stretch, limit: int) -> Slice[StoredChange]:
        if stretch.empty:
            return Slice([], None, 0)
        bounds = {":floor": stretch.floor, ":upper": just_below(stretch.below)}
        answer = self._table.query(
            IndexName="changes",
            KeyConditionExpression="changes_month = :month AND changes_at BETWEEN :floor AND :upper",
            ExpressionAttributeValues=to_item({":month": month, **bounds}),
            ScanIndexForward=False,
            Limit=limit,
        )
        last = answer.get("LastEvaluatedKey")
        found = [(item["changes_at"]["S"], change_from(item)) for item in answer["Items"]]
        return Slice(found, last["changes_at"]["S"] if last else None, answer["ScannedCount"])

    def aggregates(self, shares: Sequence[Share], cover: Cover) -> list[Aggregates]:
        """Of different scopes: single hours and days in batches of a hundred, each one's weeks in a query."""
        singles = self._singles(shares, cover.hours, cover.days)
        weeks = side_by_side(lambda share: self._weeks(share, cover.weeks), shares)
        return [replace(each, weeks=counted) for each, counted in zip(singles, weeks, strict=True)]

    def _singles(
        self, shares: Sequence[Share], hours: Sequence[int], days: Sequence[int]
    ) -> list[Aggregates]:
        of_hours = {_id(keys.hour_key(s.scope, hour)): (s, hour) for s in shares for hour in hours}
        of_days = {_id(keys.day_key(s.scope, day)): (s, day) for s in shares for day in days}
        found: dict[Share, tuple[Counted, Counted]] = {share: ({}, {}) for share in shares}
        for item in self._table.get_many({"pk": pk, "sk": sk} for pk, sk in [*of_hours, *of_days]):
            key = item["pk"]["S"], item["sk"]["S"]
            share, number = of_hours.get(key) or of_days[key]
            counted = found[share][0 if key in of_hours else 1]
            counted[number] = counters_from(item, default_only=share.default_only)
        return [Aggregates(*found[share]) for share in shares]

    def _weeks(self, share: Share, weeks: tuple[int, int] | None) -> Counted:
        if weeks is None:
            return {}
        numbers = {keys.week_name(week): week for week in range(weeks[0], weeks[1] + 1)}
        return self._between(keys.week_key(share.scope, 0)["pk"], numbers, share)

    def buckets(self, share: Share, window: Window, *, hourly: bool) -> Aggregates:
        if hourly:
            numbers = {keys.hour_name(hour): hour for hour in range(window.start, window.end)}
            return Aggregates(hours=self._between(keys.hour_key(share.scope, 0)["pk"], numbers, share))
        (read,) = self._singles([share], (*window.loose_hours, *window.trimmed_hours), ())
        numbers = {keys.day_name(day): day for day in window.days}
        return replace(read, days=self._between(keys.day_key(share.scope, 0)["pk"], numbers, share))

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


def _id(key: Mapping[str, str]) -> tuple[str, str]:
    return key["pk"], key["sk"]
