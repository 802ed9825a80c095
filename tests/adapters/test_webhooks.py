"""JSON to a webhook: what heals is temporary, what does not is permanent, and the URL is told to nobody."""

import socket
import traceback

import pytest

from pipeline_health.adapters.webhooks import Webhook
from pipeline_health.flows.delivery import DeliveryFailed
from tests.web_server import Web, web_server

SECRET = "s3cr3t"


def post(web: Web, **options: float) -> DeliveryFailed | None:
    with web_server(web):
        return failure(Webhook(web.url, insecure=True, **options))


def failure(webhook: Webhook) -> DeliveryFailed | None:
    failed: DeliveryFailed | None = None
    try:
        webhook.post({"text": "hello"})
    except DeliveryFailed as error:
        failed = error
    assert SECRET not in "".join(traceback.format_exception(failed))
    return failed


def test_it_posts_json_to_the_whole_path() -> None:
    web = Web()
    assert post(web) is None
    assert (web.paths, web.bodies) == ([f"/services/T0/B0/{SECRET}"], [{"text": "hello"}])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413])
def test_it_calls_a_refusal_permanent(status: int) -> None:
    failed = post(Web(status))
    assert failed
    assert (failed.reason, failed.permanent) == (f"http_{status}", True)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_it_calls_trouble_temporary(status: int) -> None:
    failed = post(Web(status))
    assert failed
    assert (failed.reason, failed.permanent) == (f"http_{status}", False)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_it_follows_no_redirect(status: int) -> None:
    with web_server(Web()) as elsewhere:
        failed = post(Web(status, {"Location": elsewhere.url}))
    assert failed
    assert failed.permanent
    assert elsewhere.paths == []


@pytest.mark.parametrize(
    ("said", "milliseconds"),
    [({"Retry-After": "7"}, 7_000), ({}, 30_000), ({"Retry-After": "Wed, 21 Oct 2026"}, 30_000)],
)
def test_it_says_for_how_long_a_limiting_receiver_wants_quiet(
    said: dict[str, str], milliseconds: int
) -> None:
    failed = post(Web(429, said))
    assert failed
    assert failed.retry_after == milliseconds


def test_it_gives_up_on_one_that_hangs() -> None:
    failed = post(Web(hangs=True), answer_seconds=0.1)
    assert failed
    assert (failed.reason, failed.permanent) == ("timeout", False)


def test_it_calls_one_that_is_not_there_temporary() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        failed = failure(Webhook(f"http://127.0.0.1:{closed.getsockname()[1]}/{SECRET}", insecure=True))
    assert failed
    assert (failed.reason, failed.permanent) == ("unreachable", False)


@pytest.mark.parametrize(
    "url",
    [
        f"http://hooks.slack.com/{SECRET}",
        f"https://localhost/{SECRET}",
        f"https://127.0.0.1/{SECRET}",
        f"https://[::1]/{SECRET}",
        f"https://169.254.169.254/{SECRET}",
        f"https://10.0.0.1/{SECRET}",
        f"file:///etc/{SECRET}",
        SECRET,
    ],
)
def test_it_sends_nowhere_but_out_and_encrypted(url: str) -> None:
    failed = failure(Webhook(url))
    assert failed
    assert (failed.reason, failed.permanent) == ("insecure_url", True)


@pytest.mark.parametrize(
    "url",
    [f"ftp://x/{SECRET}", f"http://h:{SECRET}/", f"http://[/{SECRET}", SECRET],
)
def test_it_refuses_what_is_no_web_address(url: str) -> None:
    failed = failure(Webhook(url, insecure=True))
    assert failed
    assert (failed.reason, failed.permanent) == ("bad_url", True)


def test_it_refuses_a_path_that_cannot_be_sent_without_quoting_it() -> None:
    with web_server(Web()) as web:
        failed = failure(Webhook(f"{web.url}\x7f", insecure=True))
    assert failed
    assert (failed.reason, failed.permanent) == ("bad_url", True)


def test_it_sends_nothing_when_the_connection_came_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((0.0, 11.0))
    monkeypatch.setattr("pipeline_health.adapters.webhooks.time.time", lambda: next(clock))
    web = Web()
    failed = post(web)
    assert failed
    assert (failed.reason, web.paths) == ("timeout", [])


def test_it_shows_its_url_to_nobody() -> None:
    assert SECRET not in repr(Webhook(f"https://hooks.slack.com/{SECRET}"))
