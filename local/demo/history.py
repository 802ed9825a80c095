"""What the pipelines made of the pushes: weeks of runs, with their streaks, re-runs and cancellations."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from math import log
from random import Random
from typing import Final

from local.demo.moments import MINUTE, SECOND, WEEK
from local.demo.pushes import Push, Pushes, night, nights
from local.demo.world import PEOPLE, Person, Pipeline, Repo, digest

_SPREAD: Final = 0.18  # of the durations' logarithm
_SLOWER: Final = 1.45
BAD: Final = {
    "github": ("failure",) * 9 + ("timed_out",),
    "jenkins": ("FAILURE", "UNSTABLE"),
    "flat": ("failure",),
}
GOOD: Final = {"github": "success", "jenkins": "SUCCESS", "flat": "success"}
CANCELLED: Final = {"github": "cancelled", "jenkins": "ABORTED", "flat": "cancelled"}
SKIPPED: Final = {"github": "skipped", "jenkins": "NOT_BUILT", "flat": "skipped"}


@dataclass(frozen=True)
class Run:
    """One attempt. `conclusion` is the sender's own word for how it ends at `completed_at`."""

    pipeline: Pipeline
    push: Push
    id: int
    number: int
    created_at: int  # of the first attempt
    queued_at: int
    started_at: int
    completed_at: int
    conclusion: str
    attempt: int = 1
    actor: Person | None = None  # who re-ran it

    @property
    def commit(self) -> str:
        """Pipelines of one repository build the same commit; a re-run builds it again."""
        return digest(self.push.repo.full_name, self.push.branch, str(self.push.at), length=40)

    @property
    def failed(self) -> bool:
        return self.conclusion in BAD[self.pipeline.sender]


class History:
    def __init__(self, pipelines: list[Pipeline], weeks: int, now: int, random: Random) -> None:
        self._pipelines = pipelines
        self._since, self._now = now - weeks * WEEK, now
        self._random = random
        self._ids = count(random.randrange(10**9, 9 * 10**9), 7)
        self._numbers = {each: count(random.randrange(100, 60_000)) for each in pipelines}
        self._failures_left: dict[tuple[Pipeline, str], int] = defaultdict(int)
        self._pushes = {each.repo: Pushes(each.repo, random) for each in pipelines}

    def runs(self) -> list[Run]:
        """All that have started, in that order; those that complete after `now` are still running."""
        runs = [run for pipeline, pushes in self._by_pipeline() for run in self._of(pipeline, pushes)]
        return sorted((run for run in runs if run.started_at <= self._now), key=lambda run: run.started_at)

    def breaking(self, pipeline: Pipeline) -> Run:
        """One that runs on the default branch right now and is about to fail."""
        length = int(pipeline.minutes * MINUTE)
        run = self._run(pipeline, self._pushes[pipeline.repo].merge(self._now - length), GOOD["github"])
        return replace(run, completed_at=self._now, conclusion=BAD[pipeline.sender][0])

    def _by_pipeline(self) -> Iterator[tuple[Pipeline, list[Push]]]:
        pushes = {repo: self._of_repo(repo) for repo in self._pushes}
        for each in self._pipelines:
            yield each, [push for push in pushes[each.repo] if each.trigger == "push" or push.on_default]

    def _of_repo(self, repo: Repo) -> list[Push]:
        made = list(self._pushes[repo].between(self._since, self._now))
        if list(self._pushes).index(repo) % 3 != 1:
            return made
        # Whatever the hour and the weekday, something is running when the demo ends.
        return [*made, self._pushes[repo].merge(self._now - self._random.randrange(60, 80) * SECOND)]

    def _of(self, pipeline: Pipeline, pushes: Iterable[Push]) -> list[Run]:
        if pipeline.trigger == "nightly":
            pushes = [night(pipeline.repo, at) for at in nights(self._since, self._now)]
        runs = [run for push in pushes for run in self._attempts(pipeline, push)]
        return _ending(runs, pipeline, self._now) if pipeline.ends else runs

    def _attempts(self, pipeline: Pipeline, push: Push) -> Iterator[Run]:
        seems_broken = self._random.random() < pipeline.flakiness
        conclusion = self._bad(pipeline) if seems_broken else self._conclusion(pipeline, push)
        first = self._run(pipeline, push, conclusion)
        yield first
        if pipeline.sender == "github" and first.failed and (seems_broken or self._random.random() < 0.15):
            yield self._again(first, GOOD["github"] if seems_broken else self._bad(pipeline))

    def _again(self, first: Run, conclusion: str) -> Run:
        queued_at = first.completed_at + self._random.randrange(1, 20) * MINUTE
        started_at = queued_at + self._random.randrange(2, 30) * SECOND
        return replace(
            first,
            attempt=2,
            queued_at=queued_at,
            started_at=started_at,
            completed_at=started_at + self._duration(first.pipeline, started_at),
            conclusion=conclusion,
            actor=self._random.choice(PEOPLE),
        )

    def _run(self, pipeline: Pipeline, push: Push, conclusion: str) -> Run:
        queued_at = push.at // SECOND * SECOND + self._random.randrange(1, 5) * SECOND
        started_at = queued_at + self._random.randrange(2, 45) * SECOND
        share = self._random.uniform(0.1, 0.8) if conclusion == CANCELLED[pipeline.sender] else 1
        completed_at = started_at + int(self._duration(pipeline, started_at) * share)
        return Run(
            pipeline=pipeline,
            push=push,
            id=next(self._ids),
            number=next(self._numbers[pipeline]),
            created_at=queued_at,
            queued_at=queued_at,
            started_at=started_at,
            completed_at=max(started_at + SECOND, completed_at // SECOND * SECOND),
            conclusion=conclusion,
        )

    def _duration(self, pipeline: Pipeline, at: int) -> int:
        slower = pipeline.slower and at > self._now - WEEK
        median = pipeline.minutes * MINUTE * (_SLOWER if slower else 1)
        return max(SECOND, round(self._random.lognormvariate(log(median), _SPREAD) / SECOND) * SECOND)

    def _conclusion(self, pipeline: Pipeline, push: Push) -> str:
        """A branch that breaks stays broken for a few builds: somebody has to find out why."""
        if self._random.random() < 0.04:
            return self._random.choice((CANCELLED, CANCELLED, SKIPPED))[pipeline.sender]
        branch = (pipeline, f"{push.author.login}:{push.branch}" if push.fork else push.branch)
        breaks = self._random.random() < pipeline.fragility * (1 if push.on_default else 2)
        if breaks and not self._failures_left[branch]:
            self._failures_left[branch] = 1 + int(self._random.expovariate(0.5))
        if not self._failures_left[branch]:
            return GOOD[pipeline.sender]
        self._failures_left[branch] -= 1
        return self._bad(pipeline)

    def _bad(self, pipeline: Pipeline) -> str:
        return self._random.choice(BAD[pipeline.sender])


def _ending(runs: list[Run], pipeline: Pipeline, now: int) -> list[Run]:
    """The same with a default branch that passes now, or that passed and then failed a few times."""
    ended = [run for run in runs if run.push.on_default and run.completed_at <= now]
    last = sorted(ended, key=lambda run: run.completed_at)[-5 if pipeline.ends == "failing" else -1 :]
    ends = dict.fromkeys(last, BAD[pipeline.sender][0]) | dict.fromkeys(last[:1], GOOD[pipeline.sender])
    return [replace(run, conclusion=ends[run]) if run in ends else run for run in runs]
