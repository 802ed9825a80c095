"""Failed deliveries are asked for once each, whoever asks and however often."""

from collections.abc import Iterator

import pytest

from pipeline_health.adapters import github_hooks
from pipeline_health.adapters.github_api import GitHub
from pipeline_health.adapters.github_hooks import OrgHooks
from pipeline_health.adapters.github_rest import Rest, site
from pipeline_health.domain.times import HOUR, format_instant
from pipeline_health.flows.reconcile import SourceFailed
from tests.github_server import GitHubServer, a_hook, failed_delivery
from tests.ingesting import NOW, Document
from tests.sender_server import Said, serving

SINCE = NOW - 3 * HOUR


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with serving(GitHubServer(hooks=[a_hook()])) as server:
        yield server


def redelivered(server: GitHubServer) -> int | None:
    api = site(server.url, "", insecure=True)
    try:
        return GitHub(api, "acme/shop", lambda: NOW).redeliver(SINCE)
    finally:
        api.close()


def asked(server: GitHubServer) -> list[int]:
    return [int(path.split("/")[-2]) for path in server.paths("POST")]


def failed(number: int, minutes_ago: int = 10, **fields: object) -> Document:
    return failed_delivery(number, format_instant(NOW - minutes_ago * 60_000), **fields)


def test_it_asks_for_each_that_failed_and_for_none_twice(server: GitHubServer) -> None:
    server.deliveries = [failed(2, status_code=503), failed(1)]
    assert redelivered(server) == 2
    assert sorted(asked(server)) == [1, 2]
    assert redelivered(server) == 0
    assert len(asked(server)) == 2


@pytest.mark.parametrize(
    "delivery",
    [
        failed(1, status_code=201),
        failed(1, status_code=202),
        failed(1, event="push"),
        failed(1, minutes_ago=181),
    ],
)
def test_it_leaves_alone_what_got_through_is_no_run_or_too_old(
    server: GitHubServer, delivery: Document
) -> None:
    server.deliveries = [delivery]
    assert redelivered(server) == 0


def test_it_leaves_alone_what_somebody_had_delivered_again(server: GitHubServer) -> None:
    again = failed(9, 5, redelivery=True, status_code=500)
    server.deliveries = [{**again, "guid": failed(1)["guid"]}, failed(1)]
    assert redelivered(server) == 0


def test_it_looks_at_every_page_until_they_are_too_old(server: GitHubServer) -> None:
    server.deliveries = [failed(1000 - number, number) for number in range(500)]
    assert redelivered(server) == 181
    pages = [path for path in server.paths() if path.endswith("/deliveries")]
    assert len(pages) == 2


def test_it_asks_for_no_burst_at_once(server: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_hooks, "_ASKED", 3)
    server.deliveries = [failed(number) for number in range(10, 0, -1)]
    assert redelivered(server) == 3


@pytest.mark.parametrize(
    "hook",
    [a_hook("https://chat.example.com/hooks/7"), a_hook(active=False), a_hook("https://x/ingest/github2")],
)
def test_it_touches_no_webhook_that_is_not_ours(server: GitHubServer, hook: Document) -> None:
    server.hooks = [hook]
    server.deliveries = [failed(1)]
    assert redelivered(server) == 0


@pytest.mark.parametrize("status", [403, 404])
def test_it_says_when_its_token_may_not_see_webhooks(server: GitHubServer, status: int) -> None:
    server.trouble = lambda asked: Said(status, {}) if asked.path.endswith("/hooks") else None
    assert redelivered(server) is None


def test_it_fails_where_github_fails(server: GitHubServer) -> None:
    server.trouble = lambda _: Said(502, b"")
    with pytest.raises(SourceFailed, match="http_502"):
        redelivered(server)


def test_it_knows_another_answer_when_it_sees_one(server: GitHubServer) -> None:
    server.deliveries = [{**failed(1), "delivered_at": 5}]
    with pytest.raises(SourceFailed, match="unexpected_answer"):
        redelivered(server)


def redelivered_of_the_organisation(server: GitHubServer) -> int | None:
    api = site(server.url, "", insecure=True)
    try:
        return OrgHooks(Rest(api, lambda: NOW), "acme").redeliver(SINCE)
    finally:
        api.close()


def test_it_asks_once_for_what_failed_of_an_organisations_webhook(server: GitHubServer) -> None:
    server.deliveries = [failed(2, status_code=503), failed(1, status_code=201)]
    assert [redelivered_of_the_organisation(server) for _ in range(2)] == [1, 0]
    assert server.paths("POST") == ["/orgs/acme/hooks/12/deliveries/2/attempts"]


@pytest.mark.parametrize("status", [403, 404])
def test_it_fails_where_an_organisation_is_named_whose_webhooks_its_token_may_not_see(
    server: GitHubServer, status: int
) -> None:
    server.trouble = lambda _: Said(status, {})
    with pytest.raises(SourceFailed, match="forbidden"):
        redelivered_of_the_organisation(server)
