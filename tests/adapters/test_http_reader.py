"""JSON from a sender: what goes wrong has one word, and the credential goes nowhere else."""

import socket
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from pipeline_health.adapters import http_reader
from pipeline_health.adapters.http_reader import Site
from pipeline_health.flows.reconcile import SourceFailed
from tests.sender_server import Asked, Said, Sender, serving

TOKEN = "s3cr3t"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Plain(Sender):
    said: Said = field(default_factory=lambda: Said(200, {"ok": True}))

    def answer(self, asked: Asked) -> Said:
        return self.said


@pytest.fixture
def plain() -> Iterator[Plain]:
    with serving(Plain()) as server:
        yield server


def read(url: str, path: str = "/x", **options: Any) -> dict[str, Any]:
    site = Site(url, AUTHORIZATION, insecure=True, **options)
    try:
        return site.get(path).read(dict[str, Any])
    finally:
        site.close()


def reason(url: str, path: str = "/x", insecure: bool = True, **options: Any) -> str:
    site = Site(url, AUTHORIZATION, insecure=insecure, **options)
    with pytest.raises(SourceFailed) as failed:
        site.get(path).read(dict[str, Any])
    site.close()
    told = "".join(traceback.format_exception(failed.value))
    assert TOKEN not in told + repr(vars(failed.value))
    return failed.value.reason


def test_it_sends_its_headers_below_its_own_url(plain: Plain) -> None:
    assert read(f"{plain.url}/api/v3/") == {"ok": True}
    (asked,) = plain.asked
    assert (asked.path, asked.headers["authorization"]) == ("/api/v3/x", f"Bearer {TOKEN}")


def test_it_asks_many_times_over_one_connection(plain: Plain) -> None:
    site = Site(plain.url, {}, insecure=True)
    for number in range(5):
        site.get(f"/{number}")
    site.close()
    assert (len(plain.asked), plain.connections) == (5, 1)


def test_it_asks_again_on_a_new_connection_where_the_open_one_is_gone(plain: Plain) -> None:
    site = Site(plain.url, {}, insecure=True)
    plain.trouble = lambda _: Said(200, {}, {"Connection": "close"}) if len(plain.asked) == 1 else None
    site.get("/1")
    assert site._open is not None
    if site._open.sock:
        site._open.sock.shutdown(socket.SHUT_RDWR)
    assert site.get("/2").status == 200
    site.close()


def test_it_follows_a_redirect_within_its_origin(plain: Plain) -> None:
    moved = Said(301, {"message": "Moved Permanently"}, {"Location": "/repositories/77"})
    plain.trouble = lambda asked: moved if asked.path == "/x" else None
    assert read(plain.url) == {"ok": True}
    assert plain.paths() == ["/x", "/repositories/77"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_it_never_takes_its_credential_to_another_host(plain: Plain, status: int) -> None:
    with serving(Plain()) as elsewhere:
        plain.said = Said(status, {}, {"Location": f"{elsewhere.url}/x"})
        assert reason(plain.url) == "redirected"
        assert reason(plain.url, f"{elsewhere.url}/x") == "redirected"
        assert elsewhere.asked == []


def test_it_follows_no_circle(plain: Plain) -> None:
    plain.said = Said(302, {}, {"Location": "/x"})
    assert reason(plain.url) == "redirected"
    assert len(plain.asked) <= 3


@pytest.mark.parametrize("body", [b"<html>Log in</html>", b"", b"[]", b'{"a": ', b"7", b"\xff"])
def test_it_takes_nothing_but_what_was_asked_for(plain: Plain, body: bytes) -> None:
    plain.said = Said(200, body)
    assert reason(plain.url) == "unexpected_answer"


def test_it_gives_up_on_one_that_hangs(plain: Plain) -> None:
    plain.hangs = True
    assert reason(plain.url, step_seconds=0.1) == "timeout"


def test_it_gives_up_on_one_that_drips(plain: Plain) -> None:
    plain.drips = True
    plain.said = Said(200, b" " * 1000)
    assert reason(plain.url, answer_seconds=0.1) == "timeout"


def test_it_reads_no_more_than_it_can_hold(plain: Plain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_reader, "SIZE_LIMIT", 1000)
    plain.said = Said(200, b" " * 100_000)
    assert reason(plain.url) == "too_large"


def test_it_says_when_nobody_is_there() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert reason(f"http://127.0.0.1:{closed.getsockname()[1]}") == "unreachable"


@pytest.mark.parametrize(
    "url", ["http://api.github.com", "https://localhost", "https://10.0.0.1", "https://169.254.169.254", "x"]
)
def test_it_asks_nobody_but_the_world_and_encrypted(url: str) -> None:
    assert reason(url, insecure=False) == "insecure_url"


@pytest.mark.parametrize("url", ["ftp://x", "http://h:port", "http://[", ""])
def test_it_says_when_a_url_is_none(url: str) -> None:
    assert reason(url) == "bad_url"


def test_it_says_when_a_path_cannot_be_sent(plain: Plain) -> None:
    assert reason(plain.url, f"/{TOKEN}\x7f") == "bad_url"
