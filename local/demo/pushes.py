"""Who pushes what, and when: busy by day, quiet at night and on weekends."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from local.demo.moments import DAY, HOUR, MINUTE, moment
from local.demo.world import OUTSIDERS, PEOPLE, Person, Repo

_BY_HOUR: Final = (1, 1, 0, 0, 1, 2, 5, 9, 12, 13, 12, 8, 9, 13, 13, 12, 10, 7, 4, 3, 3, 2, 2, 1)  # UTC
_WEEKEND: Final = 0.12
_THINGS: Final = (
    "cart", "login", "refund", "invoice", "search index", "rate limit", "time zone", "retry", "cache",
    "webhook", "currency rounding", "address form", "feature flag", "audit log", "image upload",
    "session timeout",
)  # fmt: skip
_MESSAGES: Final = (
    "Fix {} for empty input", "Make the {} faster", "Test the {} on leap days", "Remove the old {}",
    "Show an error when the {} fails", "Move {} into its own module", "Handle a missing {}",
    "Document the {}", "Let admins reset the {}", "Bump dependencies of the {}",
    "Stop logging the {} twice", "Speed up {} queries",
)  # fmt: skip


@dataclass(frozen=True)
class Push:
    at: int
    repo: Repo
    branch: str
    author: Person
    message: str
    event: str  # GitHub's word for what caused the runs
    fork: Person | None = None

    @property
    def on_default(self) -> bool:
        return self.branch == self.repo.default_branch and self.fork is None


@dataclass
class _Branch:
    name: str
    author: Person
    message: str
    number: int
    event: str
    fork: Person | None
    pushes_left: int


class Pushes:
    """One repository's."""

    def __init__(self, repo: Repo, random: Random) -> None:
        self._repo = repo
        self._random = random
        self._open: list[_Branch] = []
        self._last_number = random.randrange(40, 900)

    def between(self, since: int, until: int) -> Iterator[Push]:
        for hour in range(since // HOUR, until // HOUR + 1):
            per_hour = self._repo.pushes_per_day * _share(hour * HOUR)
            for at in sorted(hour * HOUR + int(offset * HOUR) for offset in self._moments(per_hour)):
                if since <= at < until:
                    yield self._push(at)

    def merge(self, at: int) -> Push:
        """A branch lands on the default branch."""
        branch = self._open.pop(0) if self._open else self._new_branch()
        message = f"{branch.message} (#{branch.number})"
        return Push(at, self._repo, self._repo.default_branch, branch.author, message, "push")

    def _moments(self, per_hour: float) -> Iterator[float]:
        """Within one hour, as fractions of it: a Poisson process."""
        offset = self._random.expovariate(per_hour) if per_hour else 1.0
        while offset < 1:
            yield offset
            offset += self._random.expovariate(per_hour)

    def _push(self, at: int) -> Push:
        if self._random.random() < 0.42:
            return self.merge(at)
        branch = self._branch()
        return Push(at, self._repo, branch.name, branch.author, branch.message, branch.event, branch.fork)

    def _branch(self) -> _Branch:
        if not self._open or (len(self._open) < 6 and self._random.random() < 0.35):
            self._open.append(self._new_branch())
        branch = self._random.choice(self._open)
        branch.pushes_left -= 1
        if not branch.pushes_left:
            self._open.remove(branch)
        return branch

    def _new_branch(self) -> _Branch:
        thing = self._random.choice(_THINGS)
        fork = self._random.choice(OUTSIDERS) if self._random.random() < 0.06 else None
        kind = self._random.choice(("feature", "fix"))
        self._last_number += self._random.randrange(1, 4)
        return _Branch(
            name="main" if fork else f"{kind}/{thing.replace(' ', '-')}-{self._last_number}",
            author=fork or self._random.choice(PEOPLE),
            message=self._random.choice(_MESSAGES).format(thing),
            number=self._last_number,
            event="pull_request" if fork or self._random.random() < 0.6 else "push",
            fork=fork,
            pushes_left=self._random.randrange(1, 7),
        )


def night(repo: Repo, at: int) -> Push:
    """What the clock starts, not a person; the code is what it was in the evening."""
    bot = Person("Lumenworks Bot", "lumenworks-bot")
    return Push(at, repo, repo.default_branch, bot, "Nightly run", "schedule")


def nights(since: int, until: int) -> Iterator[int]:
    """A quarter past two, GitHub's cron being late as ever."""
    first = since // DAY * DAY + 2 * HOUR + 17 * MINUTE
    return (at for at in range(first, until, DAY) if at >= since)


def _share(instant: int) -> float:
    """Of a working day's pushes, those in this hour."""
    when = moment(instant)
    share = _BY_HOUR[when.hour] / sum(_BY_HOUR)
    return share * _WEEKEND if when.weekday() >= 5 else share
