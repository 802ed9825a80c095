"""The metrics table as the aggregate function sees it: what is known of some pipelines, and one transaction
that moves all that a group of builds moves.

A pipeline's card is read before everything else of it and carries a lock that every transaction checks and
moves: so whatever was read after the card still holds when the transaction succeeds, and any number of
writers at once end like one after the other.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import ClientError

from pipeline_health.adapters import counted_items as items
from pipeline_health.adapters import keys
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.transaction import ACTIONS, actions_of
from pipeline_health.domain.aggregates import Run
from pipeline_health.domain.counting import Outcome
from pipeline_health.domain.ledger import Known
from pipeline_health.domain.pipeline import Card
from pipeline_health.domain.timeline import Entry, Reach, Segment
from pipeline_health.flows.aggregation import Contended, TooMany, Unstorable, Wanted

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

GETS: Final = 100  # the most that one BatchGetItem may ask for
Name = tuple[str, str]  # (pipeline id, name of a run or branch)

Thing = TypeVar("Thing")

# Why a transaction was cancelled or refused; whatever is in neither is raised as it is.
_PASSING: Final = {
    "ConditionalCheckFailed",
    "TransactionConflict",
    "ThrottlingError",
    "TransactionInProgressException",
}
_PERMANENT: Final = {"ValidationError", "ItemCollectionSizeLimitExceeded", "ValidationException"}


class CountsTable:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def known(self, wanted: Mapping[str, Wanted], default_names: frozenset[str]) -> dict[str, Known]:
        """What is stored of these pipelines: their cards first (see above), then the rest."""
        cards = self._cards(wanted)
        names = {
            pipeline_id: {*want.branches, *default_names, *cards[pipeline_id].candidates(default_names)}
            for pipeline_id, want in wanted.items()
        }
        run_keys = {(id_, run): keys.run_key(id_, run) for id_, want in wanted.items() for run in want.runs}
        branch_keys = _branch_keys((id_, name) for id_, some in names.items() for name in some)
        found = self._get([*run_keys.values(), *branch_keys.values()])
        runs = {name: items.run_from(found[_id(key)]) for name, key in run_keys.items() if _id(key) in found}
        # A build may have been counted on another branch than it is on now.
        left = _branch_keys(_counted_on(runs) - branch_keys.keys())
        found |= self._get(list(left.values()))
        branches = {
            name: items.branch_from(found[_id(key)])
            for name, key in {**branch_keys, **left}.items()
            if _id(key) in found
        }
        return {id_: Known(card, _of(id_, runs), _of(id_, branches)) for id_, card in cards.items()}

    def _cards(self, pipeline_ids: Iterable[str]) -> dict[str, Card]:
        cards = {pipeline_id: Card(pipeline_id) for pipeline_id in pipeline_ids}
        found = self._get([keys.card_key(pipeline_id) for pipeline_id in cards])
        return cards | {card.pipeline_id: card for card in map(items.card_from, found.values())}

    def _get(self, wanted: list[dict[str, str]]) -> dict[Name, Item]:
        """The items behind these keys, read consistently, in requests of a hundred."""
        found: dict[Name, Item] = {}
        for start in range(0, len(wanted), GETS):
            hundred = [to_item(key) for key in wanted[start : start + GETS]]
            ask: Any = {self._table: {"Keys": hundred, "ConsistentRead": True}}
            while ask:
                answer = self._client.batch_get_item(RequestItems=ask)
                for item in answer["Responses"].get(self._table, []):
                    found[item["pk"]["S"], item["sk"]["S"]] = item
                ask = answer.get("UnprocessedKeys")
        return found

    def reach(self, pipeline_id: str, branch: str, first: str, last: str) -> Reach:
        """The segments around keys: two up to `first`, all between, two after `last`."""
        partition = keys.segment_key(pipeline_id, branch, first)["pk"]
        key = {":key": first}
        up_to = [*islice(self._query(partition, "sk <= :key", key, limit=2, newest_first=True), 2)]
        after: list[Segment] = []
        for segment in map(items.segment_from, self._query(partition, "sk > :key", key, limit=100)):
            after.append(segment)
            if len(after) > 1 and after[-2].start > last:
                break
        ends = len(after) < 2 or after[-2].start <= last
        before = [items.segment_from(item) for item in reversed(up_to)]
        return Reach((*before, *after), begins=len(up_to) < 2, ends=ends)

    def entries(self, pipeline_id: str, branch: str, segment: Segment) -> Iterator[Entry]:
        """The builds of one segment, in order."""
        partition = keys.timeline_key(pipeline_id, branch, segment.start)["pk"]
        bounds = {":start": segment.start, ":last": segment.last}
        return map(items.entry_from, self._query(partition, "sk BETWEEN :start AND :last", bounds))

    def _query(
        self,
        partition: str,
        condition: str,
        values: Mapping[str, str],
        *,
        limit: int = 1000,
        newest_first: bool = False,
    ) -> Iterator[Item]:
        ask: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": f"pk = :pk AND {condition}",
            "ExpressionAttributeValues": to_item({":pk": partition, **values}),
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
            "Limit": limit,
        }
        while ask:
            answer = self._client.query(**ask)
            yield from answer["Items"]
            start = answer.get("LastEvaluatedKey")
            ask = {**ask, "ExclusiveStartKey": start} if start else {}

    def write(self, outcome: Outcome) -> None:
        """All of it or nothing. Contended: read again; TooMany: in smaller groups; Unstorable: never."""
        actions = list(actions_of(outcome, self._table))
        if len(actions) > ACTIONS:
            raise TooMany(len(actions))
        try:
            self._client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            raise meaning(error) from error


def _id(key: Mapping[str, str]) -> Name:
    return (key["pk"], key["sk"])


def _branch_keys(names: Iterable[Name]) -> dict[Name, dict[str, str]]:
    return {(pipeline_id, name): keys.branch_key(pipeline_id, name) for pipeline_id, name in names}


def _counted_on(runs: Mapping[Name, Run]) -> set[Name]:
    return {(id_, counted.branch) for (id_, _), run in runs.items() for counted in run.values()}


def _of(pipeline_id: str, things: Mapping[Name, Thing]) -> dict[str, Thing]:
    return {name: thing for (owner, name), thing in things.items() if owner == pipeline_id}


def meaning(error: ClientError) -> Exception:
    """What a failed transaction means: by its reasons (one an action, None for the innocent) or its code."""
    reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
    causes = {str(cause) for cause in reasons | {error.response["Error"]["Code"]} if cause}
    if causes & _PERMANENT:
        return Unstorable(", ".join(sorted(causes & _PERMANENT)))
    return Contended() if causes & _PASSING else error
