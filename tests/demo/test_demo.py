"""The demo's story holds together, and its webhooks are what the product's own parsers understand."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from random import Random

import pytest

from local.demo.deliveries import RECENT, WITH_JOBS, Delivery, deliveries
from local.demo.github_jobs import jobs_of
from local.demo.history import History, Run
from local.demo.moments import DAY, moment
from local.demo.world import PIPELINES, pipelines
from pipeline_health.domain.build import Build, Sighting, Status
from pipeline_health.domain.jobs import Job, JobSighting
from pipeline_health.domain.times import format_instant
from pipeline_health.providers import delivery as product
from pipeline_health.providers.delivery import Parsed
from pipeline_health.providers.senders import SENDERS

NOW = 1_795_435_200_000  # 2026-11-23T12:00:00Z, a Monday
SECRET = "sesame"


@pytest.fixture(scope="module")
def history() -> History:
    return History(pipelines(12), weeks=3, now=NOW, random=Random(7))


@pytest.fixture(scope="module")
def runs(history: History) -> list[Run]:
    return history.runs()


@pytest.fixture(scope="module")
def sent(runs: list[Run]) -> list[Delivery]:
    return [delivery for run in runs for delivery in deliveries(run, NOW, SECRET)]


def parsed(delivery: Delivery) -> Parsed:
    sender = SENDERS[delivery.path.rpartition("/")[2]]
    received = product.Delivery(body=delivery.body, received_at=NOW, headers=delivery.headers)
    sender.verify(received, [SECRET.encode()])
    return sender.parse(received)


def understood(delivery: Delivery) -> Build:
    sighting = parsed(delivery)
    assert isinstance(sighting, Sighting)
    return sighting.build


def is_of_a_job(delivery: Delivery) -> bool:
    return delivery.headers.get("x-github-event") == "workflow_job"


def of_builds(sent: Iterable[Delivery]) -> list[Delivery]:
    return [delivery for delivery in sent if not is_of_a_job(delivery)]


def test_it_sends_only_webhooks_that_are_signed_and_become_builds(sent: list[Delivery]) -> None:
    builds = [understood(delivery) for delivery in of_builds(sent)]
    assert {build.provider for build in builds} == {"github", "jenkins"}
    assert {build.status for build in builds} == set(Status)
    words = {build.conclusion for build in builds}
    assert {"timed_out", "cancelled", "skipped", "UNSTABLE", "ABORTED", "NOT_BUILT"} <= words
    assert {build.attempt for build in builds} == {1, 2}
    assert any(":" in build.branch for build in builds)  # of a fork


def test_it_has_as_many_pipelines_as_asked_for_each_with_an_id_of_its_own(runs: list[Run]) -> None:
    newest = {run.pipeline: run for run in runs}
    ids = {understood([*deliveries(run, NOW, SECRET)][-1]).pipeline_id for run in newest.values()}
    assert set(newest) == set(PIPELINES)
    assert len(ids) == len(PIPELINES)
    many = pipelines(96)
    assert len({(each.repo.full_name, each.name) for each in many}) == len(many)


def test_it_sends_every_phase_of_recent_runs_and_the_end_of_old_ones(runs: list[Run]) -> None:
    phases = {"github": 3, "jenkins": 4, "flat": 2}
    for run in runs:
        sent = of_builds(deliveries(run, NOW, ""))
        if run.completed_at < NOW - DAY:
            assert len(sent) == 1
        elif run.queued_at > NOW - RECENT and run.completed_at < NOW - 60_000:
            assert len(sent) == phases[run.pipeline.sender]
        assert all(delivery.at <= NOW for delivery in sent)


def test_it_leaves_some_builds_running(runs: list[Run]) -> None:
    running = [run for run in runs if run.started_at <= NOW < run.completed_at]
    assert {run.pipeline.sender for run in running} >= {"github", "jenkins"}
    for run in running:
        assert not understood([*deliveries(run, NOW, SECRET)][-1]).status.completed


def test_it_breaks_a_pipeline_that_was_green(history: History, runs: list[Run]) -> None:
    breaking = history.breaking(PIPELINES[0])
    before = [run for run in runs if run.pipeline is PIPELINES[0] and run.push.on_default]
    ended = sorted((run for run in before if run.completed_at <= NOW), key=lambda run: run.completed_at)
    assert ended[-1].conclusion == "success"
    statuses = [understood(delivery).status for delivery in of_builds(deliveries(breaking, NOW, SECRET))]
    assert statuses == [Status.QUEUED, Status.IN_PROGRESS, Status.FAILURE]
    assert understood([*deliveries(breaking, NOW, SECRET)][-1]).branch == "main"


def test_it_ends_with_pipelines_that_have_been_failing_for_a_while(runs: list[Run]) -> None:
    outcomes = defaultdict(list)
    for run in sorted(runs, key=lambda run: run.completed_at):
        if run.push.on_default and run.completed_at <= NOW:
            outcomes[run.pipeline].append(run.failed)
    for pipeline in PIPELINES:
        if pipeline.ends == "failing":
            assert outcomes[pipeline][-5:] == [False, True, True, True, True]


def test_it_is_quiet_at_night_and_on_weekends(runs: list[Run]) -> None:
    pushed = [moment(run.push.at) for run in runs if run.push.event != "schedule"]
    by_hour = Counter(when.hour for when in pushed)
    by_day = Counter(when.weekday() for when in pushed)
    assert by_hour[3] < by_hour[13] / 5
    assert by_day[6] < by_day[2] / 3


def test_it_fails_in_streaks(runs: list[Run]) -> None:
    lines = defaultdict(list)
    for run in runs:
        if run.push.on_default and run.attempt == 1:
            lines[run.pipeline].append(run.failed)
    after_success, after_failure = Counter[bool](), Counter[bool]()
    for line in lines.values():
        for before, now in pairwise(line):
            (after_failure if before else after_success)[now] += 1
    assert after_failure[True] / after_failure.total() > 3 * after_success[True] / after_success.total()


def test_one_pipeline_became_slower_last_week(runs: list[Run]) -> None:
    android = [run for run in runs if run.pipeline.slower and run.conclusion == "success"]
    week_ago = NOW - 7 * DAY
    before = sorted(run.completed_at - run.started_at for run in android if run.started_at < week_ago)
    since = sorted(run.completed_at - run.started_at for run in android if run.started_at > week_ago)
    assert min(len(before), len(since)) >= 20
    assert since[len(since) // 2] > 1.2 * before[len(before) // 2]


def test_it_tells_the_same_story_for_the_same_seed_and_another_for_another() -> None:
    first, same, other = (History(pipelines(4), 1, NOW, Random(seed)).runs() for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_it_re_runs_the_same_run(runs: list[Run]) -> None:
    by_id = defaultdict(list)
    for run in runs:
        by_id[run.id].append(run)
    again = [attempts for attempts in by_id.values() if len(attempts) > 1]
    assert again
    for first, second in again:
        assert (first.commit, first.number, first.created_at) == (
            second.commit,
            second.number,
            second.created_at,
        )
        assert second.queued_at > first.completed_at


def test_it_says_what_github_says_in_every_payload(sent: list[Delivery]) -> None:
    bodies = [each.body for each in of_builds(sent) if "x-github-event" in each.headers]
    body = max(bodies, key=len)
    payload = json.loads(body)
    run = payload["workflow_run"]
    assert {"action", "workflow", "repository", "organization", "sender"} < set(payload)
    assert {"check_suite_id", "head_commit", "triggering_actor", "jobs_url", "head_repository"} < set(run)
    assert payload["repository"]["commits_url"].endswith(
        f"{payload['repository']['full_name']}/commits{{/sha}}"
    )
    assert 10_000 < len(body) < 25_000


def test_it_writes_instants_as_the_product_reads_them() -> None:
    from local.demo.moments import iso

    assert iso(NOW) == format_instant(NOW)


def as_jobs(sent: Iterable[Delivery]) -> dict[int, Job]:
    """Each as its last webhook tells of it."""
    jobs: dict[int, Job] = {}
    for delivery in filter(is_of_a_job, sent):
        sighting = parsed(delivery)
        assert isinstance(sighting, JobSighting)
        jobs[sighting.job.id] = sighting.job
    return jobs


def test_it_tells_of_the_jobs_of_the_last_days_as_github_does(runs: list[Run], sent: list[Delivery]) -> None:
    jobs = as_jobs(sent)
    late = [run for run in runs if run.pipeline.sender == "github" and run.queued_at > NOW - WITH_JOBS]
    told = {f"github.{run.pipeline.repo.id}.{run.id}" for run in late if run.completed_at <= NOW}
    assert told <= {job.run_id for job in jobs.values()}
    assert {job.name for job in jobs.values()} >= {"lint", "test", "deploy", "build"}
    assert {job.status for job in jobs.values()} == set(Status) - {Status.QUEUED}
    assert len({job.failing_step.name for job in jobs.values() if job.failing_step}) > 3


def test_its_jobs_wait_then_work_within_their_run_and_the_last_one_ends_it(runs: list[Run]) -> None:
    for run in runs:
        for job in jobs_of(run):
            assert run.queued_at <= job.created_at <= job.completed_at <= run.completed_at
            assert job.conclusion == "skipped" or job.created_at <= job.started_at <= job.completed_at
        if not run.failed:
            assert max(job.completed_at for job in jobs_of(run)) >= run.completed_at - 1000


def test_a_run_that_failed_has_one_job_to_blame_and_none_started_after_it(runs: list[Run]) -> None:
    for run in runs:
        guilty = [job for job in jobs_of(run) if job.conclusion in ("failure", "timed_out")]
        assert len(guilty) == (run.failed and run.pipeline.sender == "github")
        for job in jobs_of(run):
            if guilty and job.plan.start >= guilty[0].plan.end:
                assert job.conclusion == "skipped"


def test_what_breaks_in_front_of_everybody_says_at_which_step(history: History) -> None:
    jobs = as_jobs(deliveries(history.breaking(PIPELINES[0]), NOW, SECRET)).values()
    (failed,) = [job for job in jobs if job.status is Status.FAILURE]
    assert failed.failing_step
