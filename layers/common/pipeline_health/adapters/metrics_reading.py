"""The metrics table, read: pipelines by their cards, their branches and changes; and all aggregates."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pipeline_health.adapters import keys
from pipeline_health.adapters.counted_items import branch_from, card_from, segment_from
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.named_items import named_from
from pipeline_health.adapters.rows_reading import RowsReading
from pipeline_health.adapters.standing_items import standing_from
from pipeline_health.domain.named import Latest, Named, ids_of
from pipeline_health.domain.newest import Slice, Stretch, just_below
from pipeline_health.domain.pipeline import Branch, Card
from pipeline_health.domain.recent import Recent
from pipeline_health.domain.standing import Standing
from pipeline_health.domain.timeline import Segment
from pipeline_health.flows.changes import StoredChange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FIRST: Final = " "  # before every id


class MetricsReading(RowsReading):
    def __init__(self, client: "DynamoDBClient", table: str, default_names: frozenset[str]) -> None:
        super().__init__(client, table)
        self._default_names = default_names

    def ids_of(self, pipeline: str, repo: str | None) -> Sequence[str]:
        """What no card knows may be the id of a pipeline whose first build is being counted."""
        known = list(self.pipelines())
        named = ids_of(known, pipeline, repo)
        return named if named or any(each.pipeline_id == pipeline for each in known) else [pipeline]

    def pipelines(self) -> Iterator[Named]:
        return (named_from(item, self._default_names) for item in self._cards(""))

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

    def newest_changes(self, half_year: str, stretch: Stretch, limit: int) -> Slice[StoredChange]:
        if stretch.empty:
            return Slice([], None)
        bounds = {":floor": stretch.floor, ":upper": just_below(stretch.below)}
        answer = self._table.query(
            IndexName="changes",
            KeyConditionExpression="changes_half_year = :half_year AND changes_at BETWEEN :floor AND :upper",
            ExpressionAttributeValues=to_item({":half_year": half_year, **bounds}),
            ScanIndexForward=False,
            Limit=limit,
        )
        last = answer.get("LastEvaluatedKey")
        found = [(item["changes_at"]["S"], change_from(item)) for item in answer["Items"]]
        return Slice(found, last["changes_at"]["S"] if last else None)


def change_from(item: Item) -> StoredChange:
    return StoredChange(item["pipeline_id"]["S"], item["branch"]["S"], segment_from(item))
