"""How far along the stored builds are: asked before more is fetched about them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline_health.adapters.dynamodb import from_item
from pipeline_health.adapters.keys import build_key_of
from pipeline_health.adapters.table_reading import TableReading

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class KnownBuilds:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = TableReading(client, table)

    def ranks(self, build_ids: Sequence[str]) -> Mapping[str, int]:
        """The rank of each build's state, without those that are not stored; a hundred cost one request."""
        items = map(from_item, self._table.get_many(map(build_key_of, dict.fromkeys(build_ids))))
        return {f"{item['pk']}.{item['sk']}": int(item["version"][0]) for item in items}
