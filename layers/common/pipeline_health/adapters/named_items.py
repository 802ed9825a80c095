"""A pipeline's card read only as far as a summary needs it: the whole card takes ten times as long."""

from typing import Any

from pipeline_health.adapters.dynamodb import Item
from pipeline_health.domain.build import Status
from pipeline_health.domain.named import Latest, Named, Shown, Streak
from pipeline_health.domain.timeline import completed_at

_UNKNOWN = 10**9  # an hour after all others: of a card that was written before it was known
_STARTS = ("started_at", "queued_at", "completed_at", "created_at")  # as Build.at


def named_from(item: Item, default_names: frozenset[str]) -> Named:
    build = item["last"]["M"]
    at = next((int(build[name]["N"]) for name in _STARTS if name in build), 0)
    broken = item.get("broken", {"M": {}})["M"]
    defaults = {item["default_branch"]["S"]} if "default_branch" in item else default_names
    return Named(
        pipeline_id=item["sk"]["S"],
        provider=build["provider"]["S"],
        repo=build["repo"]["S"],
        name=build["pipeline"]["S"],
        latest=Latest(Status(build["status"]["S"]), at),
        shown=_shown(item["shown"]["M"], frozenset(defaults)) if "shown" in item else None,
        broken={branch: int(since["N"]) for branch, since in broken.items()},
        lock=int(item["lock"]["N"]),
        until=int(item["until"]["N"]) if "until" in item else _UNKNOWN,
    )


def _shown(branch: dict[str, Any], defaults: frozenset[str]) -> Shown:
    head = branch.get("head", {"M": {}})["M"]
    failing = bool(head) and head["status"]["S"] == Status.FAILURE.value
    newest = branch["newest"]["M"] if "newest" in branch else None
    return Shown(
        default=branch["name"]["S"] in defaults,
        latest=Latest(Status(newest["status"]["S"]), int(newest["at"]["N"])) if newest else None,
        broken_since=completed_at(head["start"]["S"]) if failing else None,
        streak=Streak(Status(head["status"]["S"]), int(head["n"]["N"])) if head else None,
    )
