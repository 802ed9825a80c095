"""Cards, branches, ledgers, segments and timeline entries as DynamoDB items, and back."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from pipeline_health.adapters import keys
from pipeline_health.adapters.dynamodb import Item, from_item, to_item
from pipeline_health.domain.aggregates import Counted, Run
from pipeline_health.domain.build import Status
from pipeline_health.domain.pipeline import Branch, Card
from pipeline_health.domain.recent import Recent, Strip
from pipeline_health.domain.timeline import Entry, Segment, build_id, completed_at
from pipeline_health.domain.times import half_year_of
from pipeline_health.domain.totals import NOTHING, Totals

_CARD: Final = TypeAdapter(Card)
_BRANCH: Final = TypeAdapter(Branch)
_COUNTED: Final = TypeAdapter(Counted)
_SEGMENT: Final = TypeAdapter(Segment)


def _plain(adapter: TypeAdapter[Any], value: object) -> dict[str, Any]:
    plain: dict[str, Any] = adapter.dump_python(value, mode="json", exclude_none=True)
    return plain


def card_item(card: Card) -> Item:
    """Its strip of recent builds as short lines, so that a thousand cards are few pages."""
    plain = {
        **_plain(_CARD, card),
        "recent": [recent_line(recent) for recent in card.recent],
        "said": _strip_item(card.said),
        "totals": totals_line(card.totals),
        **({"shown": _branch_plain(card.shown)} if card.shown else {}),
    }
    return to_item({**keys.card_key(card.pipeline_id), **plain})


def card_from(item: Item) -> Card:
    plain = from_item(item)
    recent = tuple(map(recent_from, plain["recent"]))
    shown = _branch_of(plain["shown"]) if "shown" in plain else None
    strips = {"recent": recent, "said": _strip_from(plain["said"])}
    return _CARD.validate_python({**plain, **strips, "shown": shown, "totals": totals_from(plain)})


def totals_line(totals: Totals) -> str:
    """`12 3 0 0 15 900000 12 700000`; then by how much each is over, where any is."""
    return " ".join(map(str, (*totals.counted, *totals.over)))


def totals_from(plain: Mapping[str, Any]) -> Totals:
    """A card that was written before there were totals counts from nothing, until it is rebuilt."""
    numbers = tuple(map(int, plain.get("totals", "").split())) or NOTHING
    return Totals(numbers[: len(NOTHING)], numbers[len(NOTHING) :])


def _strip_item(strip: Strip) -> dict[str, Any]:
    return {"builds": [recent_line(recent) for recent in strip.builds], "cut": strip.cut}


def _strip_from(plain: Mapping[str, Any]) -> Strip:
    return Strip(tuple(map(recent_from, plain["builds"])), plain["cut"])


def recent_line(recent: Recent) -> str:
    """`started attempt run status duration branch`; the duration is `-` where it is unknown."""
    duration = "-" if recent.duration_ms is None else recent.duration_ms
    return f"{recent.at} {recent.attempt} {recent.run} {recent.status.value} {duration} {recent.branch}"


def recent_from(line: str) -> Recent:
    """The branch comes last, because it may hold spaces."""
    at, attempt, run, status, duration, branch = line.split(" ", 5)
    milliseconds = None if duration == "-" else int(duration)
    return Recent(int(at), int(attempt), run, Status(status), milliseconds, branch)


def branch_item(pipeline_id: str, branch: Branch) -> Item:
    return to_item({**keys.branch_key(pipeline_id, branch.name), **_branch_plain(branch)})


def branch_from(item: Item) -> Branch:
    return _branch_of(from_item(item))


def _branch_plain(branch: Branch) -> dict[str, Any]:
    return {**_plain(_BRANCH, branch), "strip": _strip_item(branch.strip)}


def _branch_of(plain: Mapping[str, Any]) -> Branch:
    return _BRANCH.validate_python({**plain, "strip": _strip_from(plain["strip"])})


def run_item(pipeline_id: str, name: str, run: Run) -> Item:
    attempts = {str(number): _plain(_COUNTED, counted) for number, counted in run.items()}
    return to_item({**keys.run_key(pipeline_id, name), "attempts": attempts})


def run_from(item: Item) -> Run:
    attempts = from_item(item)["attempts"]
    return {int(number): _COUNTED.validate_python(plain) for number, plain in attempts.items()}


def segment_item(pipeline_id: str, branch: str, segment: Segment) -> Item:
    """A segment that began with a change also stands in the index of changes, newest first."""
    item: Mapping[str, Any] = _plain(_SEGMENT, segment)
    if segment.change:
        at = completed_at(segment.start)
        item = {
            **item,
            "changes_half_year": half_year_of(at),
            "changes_at": keys.newest_first(at, build_id(segment.start)),
            "pipeline_id": pipeline_id,
            "branch": branch,
        }
    return to_item({**keys.segment_key(pipeline_id, branch, segment.start), **item})


def segment_from(item: Item) -> Segment:
    return _SEGMENT.validate_python(from_item(item))


def entry_item(pipeline_id: str, branch: str, entry: Entry) -> Item:
    values = {"status": entry.status.value, "repo": entry.repo, "default": entry.default}
    return to_item({**keys.timeline_key(pipeline_id, branch, entry.key), **values})


def entry_from(item: Item) -> Entry:
    plain = from_item(item)
    return Entry(plain["sk"], Status(plain["status"]), plain["repo"], plain["default"])
