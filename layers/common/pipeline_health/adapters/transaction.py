"""What a group of builds moves, as the actions of one DynamoDB transaction on the metrics table."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from pipeline_health.adapters import counted_items as items
from pipeline_health.adapters import keys
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.domain.aggregates import Moves
from pipeline_health.domain.counting import Outcome
from pipeline_health.domain.marks import is_mark
from pipeline_health.domain.packing import packed
from pipeline_health.domain.pipeline import Card
from pipeline_health.domain.timeline import Rewoven, Shift
from pipeline_health.domain.window import DAYS_A_WEEK, HOURS_A_DAY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef as Action

ACTIONS: Final = 100  # the most that one transaction may hold


def actions_of(outcome: Outcome, table: str) -> Iterator["Action"]:
    pipeline_id = outcome.card.pipeline_id
    yield put_card(outcome.card, table)
    for name, run in outcome.runs.items():
        yield put_action(items.run_item(pipeline_id, name, run), table)
    for branch in outcome.branches.values():
        yield put_action(items.branch_item(pipeline_id, branch), table)
    for name, shift in outcome.shifts.items():
        yield from _timeline(pipeline_id, name, shift, table)
    for name, rewoven in outcome.segments.items():
        yield from _segments(pipeline_id, name, rewoven, table)
    for key, counters in buckets(outcome.moves).items():
        yield add_action(key, counters, table)


def put_card(card: Card, table: str) -> "Action":
    """Only where nobody wrote the card since it was read."""
    put: Action = {"Put": {"TableName": table, "Item": items.card_item(card)}}
    if card.lock == 1:
        put["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
    else:
        put["Put"]["ConditionExpression"] = "#lock = :read"
        put["Put"]["ExpressionAttributeNames"] = {"#lock": "lock"}
        put["Put"]["ExpressionAttributeValues"] = to_item({":read": card.lock - 1})
    return put


def move_lock(pipeline_id: str, table: str) -> "Action":
    """For what moves a pipeline's numbers but writes no card: whoever kept them by its lock must know."""
    return {
        "Update": {
            "TableName": table,
            "Key": to_item(keys.card_key(pipeline_id)),
            "UpdateExpression": "ADD #lock :one",
            "ConditionExpression": "attribute_exists(#lock)",
            "ExpressionAttributeNames": {"#lock": "lock"},
            "ExpressionAttributeValues": to_item({":one": 1}),
        }
    }


def _timeline(pipeline_id: str, branch: str, shift: Shift, table: str) -> Iterator["Action"]:
    for key in set(shift.removed) - {entry.key for entry in shift.added}:
        yield delete_action(keys.timeline_key(pipeline_id, branch, key), table)
    for entry in shift.added:
        yield put_action(items.entry_item(pipeline_id, branch, entry), table)


def _segments(pipeline_id: str, branch: str, rewoven: Rewoven, table: str) -> Iterator["Action"]:
    for start in rewoven.gone:
        yield delete_action(keys.segment_key(pipeline_id, branch, start), table)
    for segment in rewoven.changed:
        yield put_action(items.segment_item(pipeline_id, branch, segment), table)


def put_action(item: Item, table: str) -> "Action":
    return {"Put": {"TableName": table, "Item": item}}


def delete_action(key: Mapping[str, str], table: str) -> "Action":
    return {"Delete": {"TableName": table, "Key": to_item(key)}}


def add_action(key: tuple[str, str], counters: Mapping[str, int], table: str) -> "Action":
    names = {f"#{number}": name for number, name in enumerate(counters)}
    values = {f":{number}": value for number, value in enumerate(counters.values())}
    return {
        "Update": {
            "TableName": table,
            "Key": to_item({"pk": key[0], "sk": key[1]}),
            "UpdateExpression": "ADD " + ", ".join(f"#{n} :{n}" for n in range(len(names))),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_item(values),
        }
    }


def buckets(moves: Moves) -> dict[tuple[str, str], Counter[str]]:
    """The moves by item: every hour's also in its day's and week's, packed; without what cancels out."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for (scope, hour), counters in moves.items():
        day = hour // HOURS_A_DAY
        week = day // DAYS_A_WEEK
        unmarked = {name: value for name, value in counters.items() if not is_mark(name)}
        parts = (
            (keys.hour_key(scope, hour), unmarked),
            (keys.day_key(scope, day), counters),
            (keys.week_key(scope, week), unmarked),
        )
        for key, some in parts:
            found.setdefault((key["pk"], key["sk"]), Counter()).update(some)
    settled = {key: Counter({n: v for n, v in packed(b).items() if v}) for key, b in found.items()}
    return {key: bucket for key, bucket in settled.items() if bucket}
