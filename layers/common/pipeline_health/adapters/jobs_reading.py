"""The numbers of jobs, read: a pipeline's days, the newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline_health.adapters import keys
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.job_items import NO_COUNTERS
from pipeline_health.adapters.table_reading import TableReading
from pipeline_health.domain.jobs import Place
from pipeline_health.flows.job_metrics import Days

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGES: Final = 4  # requests; of 1 MB each, some 2,500 jobs and days
_LAST: Final = "~"  # after every sort key of a day


@dataclass(frozen=True, slots=True)
class StoredDay:
    """An item that is taken apart, by hand as aggregates are, only where somebody looks into it."""

    pipeline_id: str
    item: Item

    def __len__(self) -> int:
        return len(self.item)

    @property
    def place(self) -> Place:
        item = self.item
        return Place(
            pipeline_id=self.pipeline_id,
            day=keys.day_of(item["sk"]["S"].partition("#")[0]),
            job=item["job"]["S"],
            step=item["step"]["S"] if "step" in item else "",
            number=int(item["number"]["N"]) if "number" in item else 0,
        )

    @property
    def counters(self) -> Mapping[str, int]:
        return {name: int(value["N"]) for name, value in self.item.items() if name not in NO_COUNTERS}


class JobsReading:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = TableReading(client, table)

    def days(self, pipeline_id: str, first: int, last: int) -> Days:
        items: list[Item] = []
        ask = _ask(pipeline_id, first, last)
        for _ in range(PAGES):
            answer = self._table.query(**ask)
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            ask["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        else:  # the day that it stopped in is not whole
            cut = items[-1]["sk"]["S"].partition("#")[0]
            items = [item for item in items if not item["sk"]["S"].startswith(cut)]
            first = keys.day_of(cut) + 1
        return Days(first, [StoredDay(pipeline_id, item) for item in items])


def _ask(pipeline_id: str, first: int, last: int) -> dict[str, Any]:
    bounds = {":first": keys.day_name(first), ":last": keys.day_name(last) + _LAST}
    return {
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
        "ExpressionAttributeValues": to_item({":pk": keys.jobs_days(pipeline_id), **bounds}),
        "ScanIndexForward": False,
    }
