"""What a badge says of one pipeline, which its path names: the sender, the repository, a name or an id."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from pipeline_health.api.badge import AMBIGUOUS, UNKNOWN, Badge, Color
from pipeline_health.api.output_questions import BadgeQuestion
from pipeline_health.domain.aggregates import Scope
from pipeline_health.domain.alert_words import spell
from pipeline_health.domain.build import Status
from pipeline_health.domain.figures import Figures
from pipeline_health.domain.named import DEFAULT, Named
from pipeline_health.domain.pipeline import Branch, Card
from pipeline_health.domain.times import SECOND
from pipeline_health.domain.window import Cover, Window
from pipeline_health.flows.aggregates import Aggregates, Share

KEPT: Final = 60 * SECOND
PAUSE: Final = 5 * SECOND  # before a name that nobody knew is looked for again
GOOD: Final = 95.0  # percent
FAIR: Final = 80.0
_ID: Final = re.compile(r"[A-Za-z0-9._~-]{1,200}", re.ASCII)
_UNDECIDED: Final = {
    Status.QUEUED: Badge("", "queued", Color.BLUE),
    Status.IN_PROGRESS: Badge("", "running", Color.BLUE),
    Status.CANCELLED: Badge("", "cancelled", Color.GREY),
    Status.SKIPPED: Badge("", "skipped", Color.GREY),
}


class BadgesStore(Protocol):
    def pipelines(self) -> Iterable[Named]: ...
    def card(self, pipeline_id: str) -> Card | None: ...
    def branch(self, pipeline_id: str, name: str) -> Branch | None: ...
    def aggregates(self, share: Share, cover: Cover) -> Aggregates: ...


@dataclass
class Names:
    """The ids behind a sender and a path, remembered for a while. They are found by reading every card, which
    nobody shall make dear by asking again and again where badges are public.
    """

    store: BadgesStore
    known: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    read_at: int | None = None

    def ids(self, provider: str, path: str, now: int) -> list[str]:
        kept = KEPT if (provider, path) in self.known else PAUSE
        if self.read_at is None or now - self.read_at >= kept:
            self._read()
            self.read_at = now
        return self.known.get((provider, path), [])

    def _read(self) -> None:
        self.known = {}
        for pipeline in self.store.pipelines():
            place = pipeline.provider, f"{pipeline.repo}/{pipeline.name}"
            self.known.setdefault(place, []).append(pipeline.pipeline_id)


@dataclass(frozen=True)
class Badges:
    store: BadgesStore
    names: Names
    figures: Callable[[Share, Aggregates, Window, int], Figures]

    def badge(self, provider: str, path: str, asked: BadgeQuestion, now: int) -> Badge:
        """`path` is the repository and the pipeline. Both may hold slashes, so only the two together are
        compared.
        """
        last = path.rpartition("/")[2]
        ids = [last] if last.startswith(f"{provider}.") and _ID.fullmatch(last) else []
        card = self._card(ids)
        if card is None:
            ids = self.names.ids(provider, path, now)
            card = self._card(ids)
        if len(ids) > 1:
            return AMBIGUOUS
        return self._of(card, card.last.pipeline, asked, now) if card and card.last else UNKNOWN

    def _card(self, ids: list[str]) -> Card | None:
        return self.store.card(ids[0]) if len(ids) == 1 else None

    def _of(self, card: Card, name: str, asked: BadgeQuestion, now: int) -> Badge:
        if asked.metric == "status":
            branch = self._branch(card, asked.branch)
            return _status(name, branch) if branch else UNKNOWN
        window = Window.parse(asked.window, now).as_read([card.until])
        default = asked.branch == DEFAULT
        scope = Scope(pipeline_id=card.pipeline_id, branch="" if default else asked.branch or "")
        share = Share(scope, default)
        figures = self.figures(share, self.store.aggregates(share, Cover.of([window])), window, window.hours)
        return _METRICS[asked.metric](f"{name} {_WORDS[asked.metric]}, {asked.window}", figures)

    def _branch(self, card: Card, name: str | None) -> Branch | None:
        if name in (None, DEFAULT):
            return card.shown
        return self.store.branch(card.pipeline_id, name or "")


def _status(name: str, branch: Branch) -> Badge:
    """By the last build that says anything of the code; what is cancelled or runs says nothing."""
    if branch.head is not None:
        passing = branch.head.status is Status.SUCCESS
        return Badge(name, "passing", Color.GREEN) if passing else Badge(name, "failing", Color.RED)
    if branch.newest is None:
        return UNKNOWN
    undecided = _UNDECIDED[branch.newest.status]
    return Badge(name, undecided.message, undecided.color)


def _success_rate(label: str, figures: Figures) -> Badge:
    rate = figures["success_rate"]
    if rate is None:
        return _no_builds(label)
    color = Color.GREEN if rate >= GOOD else Color.AMBER if rate >= FAIR else Color.RED
    return Badge(label, f"{rate:g}%", color)


def _duration(label: str, figures: Figures) -> Badge:
    median = figures["duration"]["p50"]
    return _no_builds(label) if median is None else Badge(label, spell(round(median * SECOND)), Color.BLUE)


def _no_builds(label: str) -> Badge:
    return Badge(label, "no builds", Color.GREY)


_WORDS: Final = {"success_rate": "success", "duration": "median"}
_METRICS: Final[dict[str, Callable[[str, Figures], Badge]]] = {
    "success_rate": _success_rate,
    "duration": _duration,
}
