"""What the benches share: a stack to ask, webhooks to send it, and figures shown beside their goals."""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from secrets import token_hex
from typing import Final

from local.demo import github
from local.demo.history import Run
from local.demo.moments import MINUTE, SECOND
from local.demo.pushes import Push
from local.demo.sending import NotAcceptedError, Stack
from local.demo.world import PEOPLE, Pipeline, Repo

Webhook = tuple[dict[str, str], bytes]
PATH: Final = "/ingest/github"


@dataclass(frozen=True)
class Figure:
    """`goal` is the most it may be; None where it only explains another figure."""

    what: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def met(self) -> bool:
        return self.goal is None or self.value <= self.goal

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"at most {self.goal:g}"
        missed = "" if self.met else "MISSED"
        return f"{self.what:<58}{self.value:>10.4g} {self.unit:<6}{goal:<15}{missed}".rstrip()


def run(measure: Callable[[Stack], Iterator[Figure]], about: str) -> None:
    """The main of a bench that needs a running stack; fails when a goal is missed."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8001))
    options = parser.parse_args()
    try:
        with closing(Stack(options.host, options.port)) as stack:
            stack.get("/health")
            show(measure(stack))
    except NotAcceptedError as error:
        raise SystemExit(str(error)) from None


def show(figures: Iterator[Figure]) -> None:
    missed = 0
    for figure in figures:
        print(figure, flush=True)
        missed += not figure.met
    if missed:
        raise SystemExit(1)


def new_repo() -> Repo:
    """Of its own for each bench, so that what it sent can be told from everything else."""
    return Repo(f"bench-{token_hex(4)}", 1)


def webhooks(repo: Repo, count: int, pipelines: int = 1) -> Iterator[Webhook]:
    """GitHub's, each of another run that has just ended; one of five failed."""
    named = [Pipeline("github", repo, f"Bench {number}", 1) for number in range(pipelines)]
    for number in range(1, count + 1):
        *_, (_, headers, body) = github.webhooks(_run(named[number % pipelines], number), _secret())
        yield headers, body


def _run(pipeline: Pipeline, number: int) -> Run:
    now = time.time_ns() // 1_000_000
    started_at = now - MINUTE
    return Run(
        pipeline=pipeline,
        push=Push(started_at, pipeline.repo, "main", PEOPLE[number % len(PEOPLE)], "Measure it", "push"),
        id=number,
        number=number,
        created_at=started_at,
        queued_at=started_at,
        started_at=started_at + SECOND,
        completed_at=now,
        conclusion="success" if number % 5 else "failure",
    )


def _secret() -> str:
    return os.environ.get("WEBHOOK_SECRET", "")


def post(stack: Stack, webhook: Webhook) -> tuple[int, bytes]:
    headers, body = webhook
    return stack.post(PATH, headers, body)


def percentile(values: list[float], share: float) -> float:
    """Nearest rank."""
    return sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]
