"""One table, read with as few requests as can be: whole queries, batches of keys, several at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.outage import Busy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

GETS: Final = 100  # the most that one BatchGetItem may ask for
TRIES: Final = 5  # of what a busy table leaves unread; the client itself has waited and retried by then
AT_ONCE: Final = 8  # requests side by side; fewer than the connections that the client keeps

Thing = TypeVar("Thing")
Result = TypeVar("Result")
Key = Mapping[str, str]


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="read")


def side_by_side(ask: Callable[[Thing], Result], things: Sequence[Thing]) -> list[Result]:
    """`ask` of each thing, in their order; the time of many requests is that of a few."""
    if len(things) < 2:
        return [ask(thing) for thing in things]
    return list(_threads().map(ask, things))


class TableReading:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, key: Key) -> Item | None:
        return self._client.get_item(TableName=self._table, Key=to_item(key)).get("Item")

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> list[Item]:
        """In no order, and without those that are not there. `consistent`: as of now, at twice the units."""
        wanted = [to_item(key) for key in keys]
        hundreds = [wanted[start : start + GETS] for start in range(0, len(wanted), GETS)]
        ask = partial(self._hundred, consistent=consistent)
        return [item for items in side_by_side(ask, hundreds) for item in items]

    def _hundred(self, keys: list[Item], *, consistent: bool) -> list[Item]:
        found: list[Item] = []
        asked: Any = {"Keys": keys, **_read(consistent=consistent)}
        for _ in range(TRIES):
            answer = self._client.batch_get_item(RequestItems={self._table: asked})
            found += answer["Responses"].get(self._table, [])
            asked = answer.get("UnprocessedKeys", {}).get(self._table)
            if not asked:
                return found
        raise Busy

    def partition(
        self, pk: str, condition: str, *, consistent: bool = False, **values: str
    ) -> Iterator[Item]:
        """All items of one partition whose `sk` fulfils the condition, in order, page by page."""
        bound = to_item({":pk": pk, **{f":{name}": value for name, value in values.items()}})
        ask: dict[str, Any] = {
            "KeyConditionExpression": f"pk = :pk AND sk {condition}",
            "ExpressionAttributeValues": bound,
            **_read(consistent=consistent),
        }
        while True:
            answer = self.query(**ask)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            ask["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def query(self, **ask: Any) -> Any:
        """One request, one page."""
        return self._client.query(TableName=self._table, **ask)


def _read(*, consistent: bool) -> dict[str, bool]:
    return {"ConsistentRead": True} if consistent else {}
