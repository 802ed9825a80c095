"""A pipeline's card, read as far as other tools ask."""

from pipeline_health.adapters.counted_items import totals_from
from pipeline_health.adapters.dynamodb import Item
from pipeline_health.adapters.named_items import named_from
from pipeline_health.domain.build import Status
from pipeline_health.domain.standing import Ended, Standing
from pipeline_health.domain.timeline import build_id, completed_at


def standing_from(item: Item, default_names: frozenset[str]) -> Standing:
    named = named_from(item, default_names)
    shown = item["shown"]["M"] if "shown" in item else {}
    newest = Status(shown["newest"]["M"]["status"]["S"]) if "newest" in shown else named.latest.status
    return Standing(
        named=named,
        newest=newest,
        ended=_ended(shown["head"]["M"], item) if "head" in shown else None,
        states=tuple(Status(line["S"].split(" ", 4)[3]) for line in item["recent"]["L"]),
        totals=totals_from({"totals": item.get("totals", {"S": ""})["S"]}),
    )


def _ended(head: Item, item: Item) -> Ended:
    last = head["last"]["S"]
    build = item["last"]["M"]
    run = f"{item['sk']['S']}.{build['run']['S']}.{build['attempt']['N']}"
    number = int(build["number"]["N"]) if "number" in build and run == build_id(last) else None
    return Ended(Status(head["status"]["S"]), completed_at(last), number)
