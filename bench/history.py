"""A stored history of so many builds for whoever asks: made by the product's own counting, put there at once.

Ten pipelines of one repository, the last 180 days, however many builds. What no question reads is left out:
ledgers, timelines, the aggregates of branches but one; and there are jobs of a single pipeline, those of its
newest build one by one.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from bench.product import DAYS as RETENTION
from bench.product import DEFAULTS, START
from bench.table import Tables
from pipeline_health.adapters import counted_items as items
from pipeline_health.adapters import job_items, keys
from pipeline_health.adapters.build_items import described
from pipeline_health.adapters.dynamodb import Item, to_item
from pipeline_health.adapters.jobs_stored import move_action, named
from pipeline_health.adapters.transaction import buckets
from pipeline_health.domain.aggregates import Moves
from pipeline_health.domain.build import Build, Status, version_of
from pipeline_health.domain.jobs import CountedJob, Job, JobMoves, Step, moved
from pipeline_health.domain.ledger import Stored
from pipeline_health.domain.packing import packed
from pipeline_health.domain.pipeline import Card
from pipeline_health.domain.times import DAY, SECOND
from pipeline_health.domain.truth import Truth, truth_of

NOW: Final = START + DAY + 20 * 60 * SECOND
PIPELINES: Final = 10
DAYS: Final = 180  # 90 and the 90 before
REPO: Final = "acme/checkout"
BRANCHES: Final = ("main", "main", "main", "next", "release", "fix/login")
KEPT: Final = ("", "main")  # of branches' aggregates
ASKED: Final = "github.1.1"  # the pipeline that questions are about
JOBS: Final = ("lint", "test", "package")
_ENDED: Final = (Status.SUCCESS, Status.FAILURE, Status.CANCELLED)


@cache
def history(size: int) -> Tables:
    return Tables(items_of(size))


def items_of(size: int, now: int = NOW) -> Iterator[tuple[str, Item]]:
    """Each with its table's name."""
    shared = Moves()
    for number in range(PIPELINES):
        builds = list(builds_of(number, size, now))
        yield from (("BuildsTable", _item(one)) for one in builds)
        truth = _truth(builds)
        yield from (("MetricsTable", item) for item in _of_pipeline(truth))
        for place, counters in truth.moves.items():
            if not place[0].pipeline_id:
                shared.setdefault(place, Counter()).update(counters)
        if builds[0].pipeline_id == ASKED:
            yield from _of_jobs(builds)
    yield from (("MetricsTable", item) for item in _aggregates(shared))


def builds_of(number: int, size: int, now: int = NOW) -> Iterator[Build]:
    """Of one pipeline, its share of all; each with its own usual duration."""
    chance = random.Random(number)
    return (_build(chance, number, each, now) for each in range(size // PIPELINES))


@cache
def newest(size: int) -> Build:
    """Of the pipeline that questions are about; its id is the same at any time."""
    return _newest(builds_of(int(ASKED.rpartition(".")[2]), size))


def _newest(builds: Iterable[Build]) -> Build:
    return max(builds, key=lambda one: one.at)


def _build(chance: random.Random, pipeline: int, number: int, now: int) -> Build:
    run = 15_720_345_678 + number
    took = int(chance.lognormvariate(4.5 + pipeline / 5, 0.3) * SECOND)
    ended = now - chance.randrange(DAYS * DAY)
    status = chance.choices(_ENDED, [80, 15, 5])[0]
    return Build(
        provider="github",
        pipeline_id=f"github.1.{pipeline}",
        run=str(run),
        repo=REPO,
        pipeline=f"CI {pipeline}",
        branch=chance.choice(BRANCHES),
        default_branch="main",
        commit=f"{chance.getrandbits(160):040x}",
        number=number + 1,
        status=status,
        conclusion=status.value,
        event="push",
        actor=chance.choice(["ada", "grace", "linus"]),
        queued_at=ended - took - chance.randrange(60 * SECOND),
        started_at=ended - took,
        completed_at=ended,
        duration_ms=took,
        url=f"https://github.com/{REPO}/actions/runs/{run}",
        title="Let a customer pay by invoice",
    )


def _item(one: Build) -> Item:
    """As the webhook of its end has left it."""
    at = one.completed_at or NOW
    version = version_of(one.status, webhook=True, phase=0, sent_at=at, body=one.id.encode())
    times = {
        "created_at": one.at,
        "updated_at": at,
        "expires_at": (one.at + RETENTION * DAY) // SECOND,
        "queued_at": one.queued_at,
    }
    key = {**keys.build_key(one), **keys.recent_key(one, one.at)}
    return to_item({**key, "build": described(one), "version": version, "revision": 3, **times})


def _truth(builds: list[Build]) -> Truth:
    nothing = Truth(Card(builds[0].pipeline_id), {}, {}, {}, {}, {})
    return truth_of([Stored(one, 3) for one in builds], nothing, DEFAULTS)


def _of_pipeline(truth: Truth) -> Iterator[Item]:
    of = truth.card.pipeline_id
    yield items.card_item(truth.card)
    for branch in truth.branches.values():
        yield items.branch_item(of, branch)
    for name, some in truth.segments.items():
        yield from (items.segment_item(of, name, each) for each in some)
    own = {at: some for at, some in truth.moves.items() if at[0].pipeline_id and at[0].branch in KEPT}
    yield from _aggregates(own)


def _aggregates(moves: Moves) -> Iterator[Item]:
    return (to_item({"pk": pk, "sk": sk, **counters}) for (pk, sk), counters in buckets(moves).items())


def _of_jobs(builds: list[Build]) -> Iterator[tuple[str, Item]]:
    for job in jobs_of(_newest(builds)):
        yield "BuildsTable", to_item({**keys.job_key(job), "job": job_items.described(job), "version": "1"})
    moves = JobMoves()
    for one in builds:
        for place, counters in moved((None, CountedJob.of(ASKED, job)) for job in jobs_of(one)).items():
            moves.setdefault(place, Counter()).update(counters)
    for place, counters in moves.items():
        action = move_action(keys.jobs_day_key(place), named(place), packed(counters), "MetricsTable")
        yield "MetricsTable", _written(action["Update"])


def jobs_of(one: Build) -> list[Job]:
    """One after the other; the last one failed where the build did."""
    run_id = keys.run_of_build(*keys.build_key(one).values()) or ""
    each = (one.duration_ms or 0) // len(JOBS)
    return [_job(one, run_id, number, each) for number in range(len(JOBS))]


def _job(one: Build, run_id: str, number: int, took: int) -> Job:
    started_at = one.at + number * took
    failed = number == len(JOBS) - 1 and one.status is Status.FAILURE
    return Job(
        run_id=run_id,
        id=int(one.run) * 10 + number,
        name=JOBS[number],
        status=Status.FAILURE if failed else Status.SUCCESS,
        created_at=started_at - SECOND,
        started_at=started_at,
        completed_at=started_at + took,
        failing_step=Step(number=4, name="Run pytest", conclusion="failure") if failed else None,
    )


def _written(update: Mapping[str, Any]) -> Item:
    """What an update that sets and adds makes of nothing."""
    names, values = update["ExpressionAttributeNames"], update["ExpressionAttributeValues"]
    return {**update["Key"], **{name: values[f":{ref[1:]}"] for ref, name in names.items()}}
