"""How each pipeline stands: one line for each, from its card alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from pipeline_health.api.questions import PipelinesQuestion
from pipeline_health.domain.build import Build
from pipeline_health.domain.pipeline import Branch, Card
from pipeline_health.domain.recent import Recent
from pipeline_health.domain.timeline import build_id, completed_at
from pipeline_health.domain.times import format_instant
from pipeline_health.domain.view import View, build_view, instant_view, seconds_view


class CardsStore(Protocol):
    def cards(self, after: str = "") -> Iterable[Card]:
        """Those after this id, by id."""


@dataclass(frozen=True)
class Pipelines:
    store: CardsStore

    def page(self, asked: PipelinesQuestion) -> View:
        wanted = (card for card in self.store.cards(asked.position or "") if _is_wanted(card, asked))
        cards = list(islice(wanted, asked.limit + 1))
        page = cards[: asked.limit]
        more = page[-1].pipeline_id if len(cards) > len(page) else None
        return {"pipelines": [pipeline_view(card, asked.recent) for card in page], "next": asked.next(more)}


def _is_wanted(card: Card, asked: PipelinesQuestion) -> bool:
    last = card.last
    return last is not None and asked.provider in (None, last.provider) and asked.repo in (None, last.repo)


def pipeline_view(card: Card, recent: int) -> View:
    return {
        "id": card.pipeline_id,
        **_names(card.last),
        "default_branch": card.default_branch,
        "branch": card.shown.name if card.shown else None,
        "status": _status(card),
        "streak": streak_view(card.shown),
        "broken_since": instant_view(card.shown.broken_since if card.shown else None),
        "broken_branches": [{"branch": b, "since": format_instant(at)} for b, at in card.broken.items()],
        "last_build": build_view(card.last) if card.last else None,
        "recent": [_recent(card.pipeline_id, build) for build in card.recent[:recent]],
    }


def _names(last: Build | None) -> View:
    if last is None:
        return {"provider": None, "repo": None, "name": None}
    return {"provider": last.provider, "repo": last.repo, "name": last.pipeline}


def _status(card: Card) -> str | None:
    newest = card.shown.newest if card.shown else card.last
    return newest.status.value if newest else None


def streak_view(branch: Branch | None) -> View | None:
    if branch is None or branch.head is None:
        return None
    head = branch.head
    return {
        "status": head.status.value,
        "builds": head.n,
        "since": format_instant(completed_at(head.start)),
        "first_build": build_id(head.start),
        "last_build": build_id(head.last),
    }


def _recent(pipeline_id: str, build: Recent) -> View:
    return {
        "id": f"{pipeline_id}.{build.run}.{build.attempt}",
        "branch": build.branch,
        "status": build.status.value,
        "started_at": instant_view(build.at),
        "duration_seconds": seconds_view(build.duration_ms),
    }
