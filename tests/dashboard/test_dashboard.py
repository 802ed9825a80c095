"""The page's files over HTTP: packed, kept for ever, and allowed to do nothing but what they need."""

import base64
import gzip
import json
import re
from typing import Any

import pytest

from functions.dashboard import app

Reply = dict[str, Any]


@pytest.fixture(autouse=True)
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSOCKET_URL", "wss://abc.execute-api.eu-west-1.amazonaws.com/ws")
    app.security.cache_clear()


def get(file: str | None = None, **headers: str) -> Reply:
    """As API Gateway asks (payload format 2.0): `file` is what follows /static/, None for the page."""
    parameters = {"pathParameters": {"file": file}} if file else {}
    return app.handler({"headers": headers, **parameters}, None)


def linked() -> list[str]:
    """What the page loads, as it names it."""
    page: str = get()["body"]
    return [name for name in re.findall(r'(?:src|href)="([^"]+)"', page) if name.startswith("static/")]


def test_it_serves_the_page_and_every_file_that_it_names() -> None:
    assert get()["headers"]["Content-Type"] == "text/html; charset=utf-8"
    types = {".css": "text/css", ".js": "text/javascript"}
    for name in linked():
        reply = get(name.removeprefix("static/"))
        assert reply["statusCode"] == 200, name
        assert reply["headers"]["Content-Type"] == f"{types[name[name.rindex('.') :]]}; charset=utf-8"


def test_its_page_names_every_module_so_that_none_waits_for_another() -> None:
    named = {name.split("/", 2)[2] for name in linked()}
    assert named == {name for name in app.files() if name != "index.html"}


def test_it_has_every_module_that_a_module_imports() -> None:
    for name, file in app.files().items():
        for target in re.findall(rb'from "(\.[^"]+)"', file.content):
            path = (app.STATIC / name).parent / target.decode()
            assert str(path.resolve().relative_to(app.STATIC)) in app.files(), (name, target)


def test_its_files_may_be_kept_for_ever_and_the_page_not() -> None:
    assert get()["headers"]["Cache-Control"] == "no-cache"
    for name in linked():
        assert "immutable" in get(name.removeprefix("static/"))["headers"]["Cache-Control"]


def test_it_does_not_let_a_file_be_kept_under_another_version_s_address() -> None:
    reply = get("0123456789ab/app.js")
    assert (reply["statusCode"], reply["headers"]["Cache-Control"]) == (200, "no-cache")


def test_it_sends_nothing_again_that_is_known() -> None:
    for name in (None, f"{app.digest()}/app.js"):
        again = get(name, **{"if-none-match": f"W/{get(name)['headers']['ETag']}"})
        assert (again["statusCode"], again.get("body")) == (304, None)
        assert again["headers"]["ETag"] == get(name)["headers"]["ETag"]


@pytest.mark.parametrize("header", ["accept-encoding", "Accept-Encoding"])
def test_it_packs_what_it_sends_for_who_unpacks_it(header: str) -> None:
    plain, packed = get(), get(**{header: "br, gzip"})
    assert packed["headers"]["Content-Encoding"] == "gzip"
    assert packed["isBase64Encoded"] is True
    assert gzip.decompress(base64.b64decode(packed["body"])).decode() == plain["body"]
    assert "Content-Encoding" not in plain["headers"]


def test_it_is_small() -> None:
    files = app.files().values()
    assert sum(len(file.content) for file in files) < 150_000
    assert sum(len(file.packed) for file in files) < 60_000


def test_it_allows_its_page_nothing_from_elsewhere_and_nothing_inline() -> None:
    policy = get()["headers"]["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self' wss://abc.execute-api.eu-west-1.amazonaws.com; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"<script>|<style|\sstyle=|\son\w+=|https?://", get()["body"])


def test_it_protects_every_reply() -> None:
    for reply in (get(), get(f"{app.digest()}/app.js"), get("none.js"), get(**{"if-none-match": "x"})):
        headers = reply["headers"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "script-src 'self';" in headers["Content-Security-Policy"]


def test_it_connects_nowhere_else_where_it_is_told_of_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSOCKET_URL", "")
    app.security.cache_clear()
    assert "connect-src 'self';" in get()["headers"]["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("named", "policy"),
    [
        ("", "'none'"),
        ("https://wiki.example.com", "https://wiki.example.com"),
        (
            "https://a.example.com,https://*.b.example.com:8443",
            "https://a.example.com https://*.b.example.com:8443",
        ),
        ("*", "'none'"),
        ("https://a.example.com; script-src *", "'none'"),
        ("https://a.example.com\nX-Evil: 1", "'none'"),
        ("javascript:alert(1),https://a.example.com", "https://a.example.com"),
    ],
)
def test_it_is_framed_by_pages_that_the_deployment_names_and_by_no_other(
    monkeypatch: pytest.MonkeyPatch, named: str, policy: str
) -> None:
    monkeypatch.setenv("FRAME_ANCESTORS", named)
    app.security.cache_clear()
    said = get()["headers"]["Content-Security-Policy"]
    assert f"; frame-ancestors {policy}; base-uri" in said
    assert said.count("script-src") == 1


@pytest.mark.parametrize(
    "file", ["app.js", "x/none.js", "x/../app.py", "x/../../ingest/app.py", "x/index.html", "x/", "x/views"]
)
def test_it_serves_no_other_file(file: str) -> None:
    assert get(file)["statusCode"] == 404


def test_its_code_makes_no_markup_of_text_and_runs_no_text() -> None:
    forbidden = rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function"
    for name, file in app.files().items():
        assert not re.search(forbidden, file.content), name


def test_it_says_what_it_served_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    get("none.js")
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["level"], said["path"], said["status"]) == ("INFO", "none.js", 404)
