"""The metrics table, read: aggregates of hours and days, and pipelines by their cards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pipeline_health.adapters import keys
from pipeline_health.adapters.counted_items import branch_from, card_from, segment_from
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.named_items import named_from
from pipeline_health.adapters.table_reading import TableReading, side_by_side
from pipeline_health.domain.aggregates import Scope
from pipeline_health.domain.named import Latest, Named, ids_of
from pipeline_health.domain.newest import Slice, Stretch, just_below
from pipeline_health.domain.pipeline import Card, Recent
from pipeline_health.domain.window import Cover, Window
from pipeline_health.flows.changes import StoredChange
from pipeline_health.flows.metrics import Aggregates

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Counted = dict[int, Mapping[str, int]]  # by number of the hour or day

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

    def cards(self, after: str = "") -> Iterator[Card]:
        return map(card_from, self._cards(after))

    def _cards(self, after: str) -> Iterator[Item]:
        items = self._table.partition(keys.CARDS, "> :after", after=after or _FIRST)
        return (item for item in items if "last" in item)

    def newest_on(self, pipeline_id: str, branch: str) -> Latest | None:
        newest = self._newest_on(pipeline_id, branch)
        return Latest(newest.status, newest.at) if newest else None

    def newest_id_on(self, pipeline_id: str, branch: str) -> str | None:
        newest = self._newest_on(pipeline_id, branch)
        return f"{pipeline_id}.{newest.run}.{newest.attempt}" if newest else None

    def _newest_on(self, pipeline_id: str, branch: str) -> Recent | None:
        item = self._table.get(keys.branch_key(pipeline_id, branch))
        return branch_from(item).newest if item else None

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

    def aggregates(self, scopes: Sequence[Scope], cover: Cover) -> list[Aggregates]:
        """All hours in batches of a hundred, the days of each scope in one query."""
        hours = self._hours(scopes, cover.hours)
        days = side_by_side(lambda scope: self._days(scope, cover.days), scopes)
        return [Aggregates(hours[scope], counted) for scope, counted in zip(scopes, days, strict=True)]

    def _hours(
        self, scopes: Iterable[Scope], hours: Iterable[int]
    ) -> dict[Scope, dict[int, Mapping[str, int]]]:
        wanted = {_id(keys.hour_key(scope, hour)): (scope, hour) for scope in scopes for hour in hours}
        found: dict[Scope, dict[int, Mapping[str, int]]] = {scope: {} for scope in scopes}
        for item in self._table.get_many([{"pk": pk, "sk": sk} for pk, sk in wanted]):
            scope, hour = wanted[item["pk"]["S"], item["sk"]["S"]]
            found[scope][hour] = counters_from(item)
        return found

    def _days(self, scope: Scope, days: tuple[int, int] | None) -> Counted:
        if days is None:
            return {}
        first, last = days
        numbers = {keys.day_name(day): day for day in range(first, last + 1)}
        partition = keys.day_key(scope, first)["pk"]
        return self._between(partition, numbers)

    def hours(self, scope: Scope, window: Window) -> Aggregates:
        numbers = {keys.hour_name(hour): hour for hour in range(window.start, window.end)}
        return Aggregates(hours=self._between(keys.hour_key(scope, window.start)["pk"], numbers))

    def _between(self, partition: str, numbers: Mapping[str, int]) -> Counted:
        """The aggregates of one partition by number; `numbers` holds their sort keys, in order."""
        names = list(numbers)
        items = self._table.partition(partition, "BETWEEN :first AND :last", first=names[0], last=names[-1])
        return {numbers[item["sk"]["S"]]: counters_from(item) for item in items}


def change_from(item: Item) -> StoredChange:
    return StoredChange(item["pipeline_id"]["S"], item["branch"]["S"], segment_from(item))


def counters_from(item: Item) -> dict[str, int]:
    """By hand: a summary reads twenty thousand counters."""
    return {name: int(value["N"]) for name, value in item.items() if "N" in value}


def _id(key: Mapping[str, str]) -> tuple[str, str]:
    return key["pk"], key["sk"]
