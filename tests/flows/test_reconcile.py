"""What webhooks did not bring is fetched: the end is the same as if all had come."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_health.adapters.github_api import GitHub
from pipeline_health.adapters.github_rest import site as github_site
from pipeline_health.adapters.jenkins_api import Jenkins
from pipeline_health.adapters.jenkins_api import site as jenkins_site
from pipeline_health.domain.build import Build, Sighting
from pipeline_health.domain.jobs import JobSighting
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.ingest import Recorded
from pipeline_health.flows.reconcile import (
    PERIOD,
    Ending,
    Fetching,
    Page,
    Part,
    Source,
    SourceFailed,
    Span,
    Tally,
    fetch,
    is_deep,
    reconcile,
    span,
)
from pipeline_health.providers.github_api import sighting as github_sighting
from pipeline_health.providers.jenkins_api import sighting as jenkins_sighting
from tests.counting import expected_totals
from tests.flows.test_aggregate import assert_cards, assert_timelines, flow
from tests.github_server import GitHubServer, listed_run
from tests.ingesting import NOW, FakeBuilds, github, github_job, github_run, jenkins, jenkins_build, sighted
from tests.jenkins_server import JenkinsServer, listed_build
from tests.sender_server import Asked, Said, serving
from tests.story import CI, Story

TODAY = NOW // DAY * DAY


class Store(FakeBuilds):
    """The builds table and its stream."""

    def __init__(self) -> None:
        super().__init__()
        self.stream: list[dict[str, Any]] = []
        self.revisions: dict[str, int] = {}

    def record(self, sighting: Sighting, now: int) -> Recorded:
        recorded = super().record(sighting, now)
        if recorded.result != "unchanged":
            name = recorded.build.id
            self.revisions[name] = self.revisions.get(name, 0) + 1
            self.stream.append({"build": recorded.build, "revision": self.revisions[name]})
        return recorded

    def ranks(self, build_ids: Sequence[str]) -> Mapping[str, int]:
        return {name: self.leading[name].build.status.rank for name in build_ids if name in self.leading}

    @property
    def builds(self) -> dict[str, Build]:
        """What sets builds apart, without what only a store knows."""
        alike = {"created_at": 0, "logs": None}
        return {name: self.build(name).model_copy(update=alike) for name in self.leading}


def fetching(store: Store, clock: Callable[[], int] = lambda: NOW) -> Fetching:
    return Fetching(store, store.ranks, clock, jobs=store)


@pytest.fixture
def senders() -> Iterator[Callable[[GitHubServer, JenkinsServer], list[Source]]]:
    with ExitStack() as opened:

        def start(github_server: GitHubServer, jenkins_server: JenkinsServer) -> list[Source]:
            for server in (github_server, jenkins_server):
                opened.enter_context(serving(server))
            hub = github_site(github_server.url, "", insecure=True)
            ci = jenkins_site(jenkins_server.url, "", insecure=True)
            opened.callback(hub.close)
            opened.callback(ci.close)
            return [GitHub(hub, "acme/shop", lambda: NOW), Jenkins(ci, None, lambda: NOW)]

        yield start


Start = Callable[[GitHubServer, JenkinsServer], list[Source]]


@pytest.mark.parametrize("seed", range(3))
def test_it_restores_the_numbers_when_half_of_all_webhooks_are_lost(seed: int, senders: Start) -> None:
    story = Story(Random(seed), TODAY)
    story.tell()
    all_arrived, store = Store(), Store()
    for webhook in story.webhooks:
        all_arrived.record(webhook, NOW)
        if story.random.random() < 0.5:
            store.record(webhook, NOW)
    assert store.builds != all_arrived.builds
    to, counts, _, _ = flow()
    aggregate(store.stream, to)
    came = len(store.stream)

    outcomes = [*reconcile(senders(story.server, story.jenkins), fetching(store), NOW, NOW + HOUR)]

    aggregate(store.stream[came:], to)
    assert [outcome.ending for outcome in outcomes] == [Ending.DONE, Ending.DONE]
    assert store.builds == all_arrived.builds
    final = list(store.builds.values())
    assert counts.totals == expected_totals(final)
    assert_timelines(counts, final)
    counted = [store.build(name) for name in store.leading]
    assert_cards(counts, counted)


def test_it_asks_for_nothing_twice_once_everything_is_stored(senders: Start) -> None:
    story = Story(Random(7), TODAY)
    story.tell()
    store = Store()
    sources = senders(story.server, story.jenkins)
    assert all(o.tally.created for o in reconcile(sources, fetching(store), NOW, NOW + HOUR))
    written, attempts = len(store.stream), len(attempts_asked(story.server))
    assert attempts > 0
    assert isinstance(sources[0], GitHub)
    sources[0].etags.clear()  # as when the function starts cold
    outcomes = [*reconcile(sources, fetching(store), NOW, NOW + HOUR)]
    assert (len(store.stream), len(attempts_asked(story.server))) == (written, attempts)
    assert [(o.tally.created, o.tally.updated) for o in outcomes] == [(0, 0), (0, 0)]


def attempts_asked(server: GitHubServer) -> list[str]:
    return [path for path in server.paths() if "/attempts/" in path]


def test_it_goes_on_when_a_source_fails_and_says_which_and_why(senders: Start) -> None:
    github_server, jenkins_server = GitHubServer(token="right"), JenkinsServer()
    jenkins_server.jobs = {"shop": [listed_build(f"{CI}/job/shop/1/", NOW - HOUR)]}
    store = Store()
    outcomes = [*reconcile(senders(github_server, jenkins_server), fetching(store), NOW, NOW + HOUR)]
    assert [(o.source.split()[0], o.ending, o.reason) for o in outcomes] == [
        ("github", Ending.FAILED, "unauthorized"),
        ("jenkins", Ending.DONE, ""),
    ]
    assert len(store.leading) == 1


def test_it_stops_a_source_that_limits_us_and_goes_on_the_next_time(senders: Start) -> None:
    story = Story(Random(1), TODAY)
    story.tell()
    store = Store()

    def limit(asked: Asked) -> Said | None:
        spent = len(story.server.asked) > 3
        return Said(403, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}) if spent else None

    story.server.trouble = limit
    sources = senders(story.server, story.jenkins)[:1]
    (first,) = reconcile(sources, fetching(store), NOW, NOW + HOUR)
    assert (first.ending, first.reason) == (Ending.LIMITED, "rate_limited")
    story.server.trouble = lambda _: None
    (second,) = reconcile(sources, fetching(store), NOW + PERIOD, NOW + HOUR)
    assert second.ending is Ending.DONE
    assert len(store.leading) == len(story.server.runs)


def failed_run(server: GitHubServer) -> None:
    run = listed_run(conclusion="failure")
    server.runs = [run]
    server.jobs[run["id"], 1] = [github_job(conclusion="failure", run_id=run["id"])["workflow_job"]]


def test_it_restores_the_jobs_of_what_it_restores_and_asks_for_no_others(senders: Start) -> None:
    server, store = GitHubServer(), Store()
    failed_run(server)
    sources = senders(server, JenkinsServer())[:1]
    for _ in range(2):
        (outcome,) = reconcile(sources, fetching(store), NOW, NOW + HOUR)
        assert outcome.ending is Ending.DONE
    assert [(name, sighting.job.status) for (_, name), sighting in store.jobs.items()] == [(555, "failure")]
    assert sum(path.endswith("/jobs") for path in server.paths()) == 1


def test_it_comes_back_for_a_build_whose_jobs_could_not_be_read(senders: Start) -> None:
    server, store = GitHubServer(), Store()
    failed_run(server)
    server.trouble = lambda asked: Said(502, {}) if asked.path.endswith("/jobs") else None
    sources = senders(server, JenkinsServer())[:1]
    (first,) = reconcile(sources, fetching(store), NOW, NOW + HOUR)
    assert (first.ending, store.leading, store.jobs) == (Ending.FAILED, {}, {})
    server.trouble = lambda _: None
    (second,) = reconcile(sources, fetching(store), NOW + PERIOD, NOW + HOUR)
    assert (second.tally.restored, len(store.leading), len(store.jobs)) == (1, 1, 1)


def test_it_asks_for_no_jobs_where_nobody_keeps_them(senders: Start) -> None:
    """A backfill of a hundred thousand runs would take another hundred thousand requests."""
    server, store = GitHubServer(), Store()
    failed_run(server)
    sources = senders(server, JenkinsServer())[:1]
    to = replace(fetching(store), jobs=None)
    (outcome,) = reconcile(sources, to, NOW, NOW + HOUR)
    assert (outcome.tally.restored, store.jobs) == (1, {})
    assert not any(path.endswith("/jobs") for path in server.paths())


class Slow:
    """A source each of whose pages takes a second."""

    name = "slow"

    def __init__(self, clock: list[int]) -> None:
        self.clock = clock

    def parts(self, span: Span) -> Iterator[Part]:
        yield Part("all", self._pages)

    def _pages(self) -> Iterator[Page]:
        for number in range(1, 1000):
            self.clock[0] += 1000
            yield Page([listed(id=number)])

    def settled(self, sighting: Sighting) -> Sighting:
        return sighting

    def attempt(self, sighting: Sighting, number: int) -> Sighting | None:
        raise SourceFailed("http_500")

    def jobs(self, build: Build) -> tuple[JobSighting, ...]:
        return ()

    def redeliver(self, since: int) -> int | None:
        return None


def test_it_gives_each_source_its_share_of_the_time() -> None:
    clock = [NOW]
    outcomes = [
        *reconcile([Slow(clock), Slow(clock)], fetching(Store(), lambda: clock[0]), NOW, NOW + 20_000)
    ]
    assert [(o.ending, o.tally.seen) for o in outcomes] == [
        (Ending.OUT_OF_TIME, 10),
        (Ending.OUT_OF_TIME, 10),
    ]


def test_it_looks_back_a_day_and_once_a_day_as_far_as_runs_can_be_run_again() -> None:
    looks = [NOW + number * PERIOD for number in range(96)]
    deep = [now for now in looks if is_deep("github acme/shop", now)]
    assert len(deep) == 1
    assert span("github acme/shop", NOW) == Span(TODAY - DAY, TODAY + DAY)
    assert span("github acme/shop", deep[0]).until - span("github acme/shop", deep[0]).since == 32 * DAY
    starts = {next(now for now in looks if is_deep(f"github acme/{n}", now)) for n in range(50)}
    assert len(starts) > 20  # not all at once


def test_it_asks_for_no_endless_number_of_attempts() -> None:
    asked: list[int] = []

    class Rerun(Slow):
        def attempt(self, sighting: Sighting, number: int) -> Sighting | None:
            asked.append(number)
            return None

        def _pages(self) -> Iterator[Page]:
            yield Page([listed(run_attempt=1_000_000)])

    (part,) = Rerun([NOW]).parts(Span(0, NOW))
    fetch(Rerun([NOW]), part, fetching(Store()), Tally())
    assert len(asked) == 100


REPOSITORY = {"id": 77, "full_name": "acme/shop", "default_branch": "main"}


def listed(**run: Any) -> Sighting:
    return github_sighting(listed_run(**run), REPOSITORY, NOW)


def some_words() -> tuple[list[Sighting], list[Sighting]]:
    """What webhooks and what the APIs say of the same two builds."""
    states: list[dict[str, Any]] = [
        {"status": "queued", "conclusion": None},
        {"status": "in_progress", "conclusion": None},
        {"status": "completed", "conclusion": "failure"},
    ]
    later = "2026-11-23T11:59:00Z"
    running = {"phase": "STARTED", "status": None, "duration": 0}
    url = f"{CI}/job/shop/18/"
    webhooks = [sighted("github", github(github_run(**state))) for state in states]
    webhooks += [
        sighted("jenkins", jenkins(jenkins_build(**phase))) for phase in (running, {}, {"phase": "FINALIZED"})
    ]
    apis = [listed(**state) for state in states] + [listed(**states[2], updated_at=later)]
    apis += [
        jenkins_sighting(listed_build(url, NOW - HOUR, **state), None, NOW)
        for state in ({"building": True, "result": None}, {"result": "FAILURE"})
    ]
    return webhooks, apis


WEBHOOKS, APIS = some_words()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WEBHOOKS + APIS), min_size=1, max_size=12), st.randoms())
def test_it_ends_alike_in_any_order_and_a_webhook_has_the_last_word(
    words: list[Sighting], random: Random
) -> None:
    one, other = FakeBuilds(), FakeBuilds()
    for word in words:
        one.record(word, NOW)
    random.shuffle(words)
    for word in words + words:
        other.record(word, NOW)
    assert one.leading == other.leading
    for name, leading in one.leading.items():
        told = [word for word in words if word.build.id == name]
        highest = [word for word in told if word.build.status.rank == leading.build.status.rank]
        assert leading.build.status.rank == max(word.build.status.rank for word in told)
        if any(word in WEBHOOKS for word in highest):
            assert leading in WEBHOOKS
