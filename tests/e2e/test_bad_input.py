"""Whatever a sender sends, the stack answers 4xx with a problem document and stores nothing of it."""

import pytest

from tests.e2e.builds import flat
from tests.e2e.stack import Stack

BAD = {
    "not JSON": (b"{", 400),
    "not UTF-8": (b'{"repo": "\xff"}', 400),
    "nested a thousand deep": (b"[" * 1000 + b"]" * 1000, 400),
    "a list": (b"[]", 400),
    "NaN": (b'{"duration_seconds": NaN}', 400),
    "a key twice": (b'{"repo": "a", "repo": "b"}', 400),
    "ten megabytes": (b'{"repo": "' + b"x" * 10_000_000 + b'"}', 413),
}


@pytest.mark.parametrize("case", BAD)
def test_it_refuses_what_is_no_document(stack: Stack, case: str) -> None:
    body, status = BAD[case]
    answer = stack.post("/ingest/github", body)
    assert answer.status_code in (status, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("started_at", "2026-11-23T12:00:00"),
        ("started_at", "9999-12-31T23:59:59Z"),
        ("completed_at", "1999-01-01T00:00:00Z"),
        ("duration_seconds", -1),
        ("url", "javascript:alert(1)"),
        ("repo", "a\u0000b"),
        ("repo", "x" * 513),
        ("status", "exploded"),
    ],
)
def test_it_refuses_a_bad_field_by_its_name(stack: Stack, repo: str, field: str, value: object) -> None:
    answer = stack.post("/ingest/github", flat(repo, "success") | {field: value})
    assert answer.status_code == 422
    assert field in answer.text
    assert stack.get("/builds", repo=repo)["builds"] == []


def test_it_takes_a_body_whatever_its_content_type(stack: Stack, repo: str) -> None:
    """API Gateway hands on as base64 what it does not take for text."""
    for kind in ("application/octet-stream", "application/x-www-form-urlencoded", "text/plain"):
        answer = stack.post("/ingest/github", flat(repo, "success"), **{"Content-Type": kind})
        assert answer.status_code == 201, kind
