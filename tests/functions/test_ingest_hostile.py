"""Senders x mutations: the answer is a problem with the field's name, and nothing is stored."""

import json
from typing import Any, Final

import pytest

from functions.ingest import app
from tests.functions.ingest_events import event
from tests.ingesting import Document, FakeBuilds, changed, encoded, flat_body, github_run, jenkins_build

SENDERS: Final = {
    "github": ("github", github_run(), {"x-github-event": "workflow_run"}),
    "jenkins": ("jenkins", jenkins_build(), {}),
    "flat at github": ("github", flat_body(), {}),
    "flat at jenkins": ("jenkins", flat_body(), {}),
}
TEXTS: Final = {
    "github": [
        "workflow_run.head_branch",
        "repository.full_name",
        "workflow_run.name",
        "workflow_run.html_url",
    ],
    "jenkins": ["build.full_url", "build.scm.branch", "build.scm.url"],
    "flat at github": ["pipeline", "repo", "branch", "url"],
}
NUMBERS: Final = {
    "github": ["workflow_run.id", "workflow_run.workflow_id", "workflow_run.run_attempt", "repository.id"],
    "jenkins": ["build.number", "build.timestamp", "build.duration"],
    "flat at github": ["duration_seconds"],
}
TIMES: Final = {
    "github": ["workflow_run.updated_at", "workflow_run.run_started_at", "workflow_run.created_at"],
    "flat at github": ["started_at", "completed_at"],
}


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> FakeBuilds:
    store = FakeBuilds()
    monkeypatch.setenv("BUILDS_TABLE", "none")
    monkeypatch.setenv("AUTH", "off")
    app._settings.cache_clear()
    monkeypatch.setattr(app, "_store", lambda: store)
    return store


def refusal(sender: str, body: bytes, store: FakeBuilds) -> Document:
    provider, _, headers = SENDERS[sender]
    response = app.handler(event(provider, body, headers), None)
    assert response["statusCode"] in (400, 413, 422)
    assert response["headers"]["content-type"] == "application/problem+json"
    assert not store.leading
    problem: Document = json.loads(response["body"])
    return problem


def document(sender: str) -> Document:
    return SENDERS[sender][1]


def cases(paths: dict[str, list[str]], values: list[Any]) -> list[Any]:
    return [
        pytest.param(sender, path, value, id=f"{sender} {path} {str(value)[:20]!a}")
        for sender, names in paths.items()
        for path in names
        for value in values
    ]


BODIES = {
    "empty": b"",
    "HTML": b"<html>",
    "array": b"[]",
    "null": b"null",
    "NaN": b'{"duration_seconds": NaN, "build": {"duration": NaN}, "workflow_run": {"id": NaN}}',
    "deep": b'{"build": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "deeper": b'{"a":' * 50_000,
    "not UTF-8": b'{"build": "\xff"}',
    "lone surrogate": b'{"build": "\\udfff"}',
    "digits": b'{"build": ' + b"1" * 5000 + b"}",
    "beyond floats": b'{"build": 1e400}',
    "10 MB": b'{"build": "' + b"x" * 10_000_000 + b'"}',
    "10 MB of brackets": b"[" * 10_000_000,
}


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_no_json_object_is_refused(sender: str, body: bytes, store: FakeBuilds) -> None:
    assert refusal(sender, body, store)["status"] in (400, 413)


@pytest.mark.parametrize("sender", SENDERS)
def test_a_repeated_key_is_refused(sender: str, store: FakeBuilds) -> None:
    text = encoded(document(sender)).decode()
    first = next(iter(document(sender)))
    twice = text[:-1] + f', "{first}": 1}}'
    assert refusal(sender, twice.encode(), store)["errors"][0]["field"] == "body"


ANYTHING: Final[list[Any]] = [None, 0, -1, "", "x", [], {}, True, 1.5]
BAD_TEXTS = ["a\x00b", "\ufffd", "n" * 5000, 7, True, ["x"], {"x": 1}, 1.5]
BAD_NUMBERS = ["7", True, [1], {"x": 1}, 10**400, 10**18]
BAD_TIMES = [
    *("", "now", "2026-11-23T11:00:00", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z"),
    *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z"),
    *("2099-01-01T00:00:00Z", "2026-11-23T11:00:00+99:99", "٢٠٢٦-11-23T11:00:00Z"),
    *(1_700_000_000, True, ["x"], {}),
]


@pytest.mark.parametrize(
    ("sender", "path", "value"),
    [*cases(TEXTS, BAD_TEXTS), *cases(NUMBERS, BAD_NUMBERS), *cases(TIMES, BAD_TIMES)],
)
def test_a_hostile_field_is_named_and_not_repeated(
    sender: str, path: str, value: Any, store: FakeBuilds
) -> None:
    problem = refusal(sender, encoded(changed(document(sender), {path: value})), store)
    assert [error["field"] for error in problem["errors"]] == [path]
    assert len(json.dumps(problem)) < 400


@pytest.mark.parametrize("sender", SENDERS)
def test_every_part_may_be_missing_or_of_any_kind_without_a_crash(sender: str) -> None:
    provider, whole, headers = SENDERS[sender]
    for path in paths_of(whole):
        for value in ANYTHING:
            body = encoded(changed(whole, {path: value}))
            assert app.handler(event(provider, body, headers), None)["statusCode"] < 500


def paths_of(document: Document, prefix: str = "") -> list[str]:
    here = [f"{prefix}{name}" for name in document]
    inner = [
        paths_of(value, f"{prefix}{name}.") for name, value in document.items() if isinstance(value, dict)
    ]
    return here + [path for paths in inner for path in paths]


LINKS = {"github": ["workflow_run.html_url"], "jenkins": ["build.full_url"], "flat at github": ["url"]}
SCHEMES = ["javascript:alert(1)", "data:text/html,x", "//x", "https://", "ftp://x/y", "http://a b"]


@pytest.mark.parametrize(("sender", "path", "link"), cases(LINKS, SCHEMES))
def test_only_web_addresses_become_links(sender: str, path: str, link: str, store: FakeBuilds) -> None:
    problem = refusal(sender, encoded(changed(document(sender), {path: link})), store)
    assert [error["field"] for error in problem["errors"]] == [path]
