"""Senders x forgeries: whoever does not show the secret gets 401, and nothing of theirs is stored or told."""

import io
from base64 import b64encode
from collections.abc import Callable
from typing import Final

import pytest

from functions.ingest import app
from tests.functions.ingest_events import event
from tests.ingesting import (
    SECRET,
    Document,
    FakeBuilds,
    basic,
    encoded,
    flat_body,
    github_job,
    github_run,
    jenkins_build,
    signature,
)

SENDERS: Final[dict[str, tuple[str, Document, dict[str, str]]]] = {
    "github": ("github", github_run(), {"x-github-event": "workflow_run"}),
    "github's jobs": ("github", github_job(), {"x-github-event": "workflow_job"}),
    "jenkins": ("jenkins", jenkins_build(), {}),
    "flat at github": ("github", flat_body(), {}),
    "flat at jenkins": ("jenkins", flat_body(), {}),
}
Proof = Callable[[str], dict[str, str]]
WRONG: Final[dict[str, Proof]] = {
    "nothing": lambda _: {},
    "an empty signature": lambda _: {"x-hub-signature-256": ""},
    "junk before it": lambda right: {"x-hub-signature-256": f"junk{right}"},
    "a space before it": lambda right: {"x-hub-signature-256": f" {right}"},
    "a NUL before it": lambda right: {"x-hub-signature-256": f"\0{right}"},
    "a byte order mark before it": lambda right: {"x-hub-signature-256": f"\ufeff{right}"},
    "a lone surrogate before it": lambda right: {"x-hub-signature-256": f"\udc80{right}"},
    "a megabyte before it": lambda right: {"x-hub-signature-256": "x" * 1_000_000 + right},
    "a wrong one before it": lambda right: {"x-hub-signature-256": f"{signature(b'', b'x')},{right}"},
    "its name before it": lambda right: {"x-hub-signature-256": f"sha256={right}"},
    "junk after it": lambda right: {"x-hub-signature-256": f"{right}junk"},
    "itself after it": lambda right: {"x-hub-signature-256": f"{right},{right}"},
    "in capitals": lambda right: {"x-hub-signature-256": right.upper()},
    "without its last digit": lambda right: {"x-hub-signature-256": right[:-1]},
    "by an older digest's name": lambda right: {"x-hub-signature": right},
    "as sha1": lambda right: {"x-hub-signature-256": right.replace("sha256", "sha1")},
    "a wrong one, and the token": lambda _: {
        "x-hub-signature-256": "sha256=" + "0" * 64,
        "authorization": f"Bearer {SECRET.decode()}",
    },
    "a wrong token": lambda _: {"authorization": "Bearer guess"},
    "junk before the token": lambda _: {"authorization": f"Bearer junk{SECRET.decode()}"},
    "the token by another scheme": lambda _: {"authorization": f"Digest {SECRET.decode()}"},
    "an empty password": lambda _: {"authorization": basic(b"")},
    "a password that is no base64": lambda _: {"authorization": "Basic !!!"},
}


class OneSecret:
    def known(self, _now: int) -> tuple[bytes, ...]:
        return (SECRET,)

    def renewed(self, _now: int) -> tuple[bytes, ...]:
        return ()


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> FakeBuilds:
    store = FakeBuilds()
    for name, value in {"AUTH": "on", "BUILDS_TABLE": "none", "WEBHOOK_SECRET_ARN": "one"}.items():
        monkeypatch.setenv(name, value)
    app._settings.cache_clear()
    monkeypatch.setattr(app, "_secrets", OneSecret)
    monkeypatch.setattr(app, "_store", lambda: store)
    return store


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", stream)
    return stream


@pytest.mark.parametrize("forgery", WRONG)
@pytest.mark.parametrize("sender", SENDERS)
def test_it_refuses_a_forgery_and_keeps_nothing_of_it(
    sender: str, forgery: str, store: FakeBuilds, log: io.StringIO
) -> None:
    provider, document, headers = SENDERS[sender]
    shown = WRONG[forgery](signature(encoded(document), SECRET))
    answer = app.handler(event(provider, document, headers | shown), None)
    assert answer["statusCode"] == 401
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert not store.leading
    said = answer["body"] + log.getvalue()
    assert not [each for each in (*shown.values(), SECRET.decode(), "acme") if each and each in said]


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize("junk", [b" ", b"\n", b"\x00", b"\xef\xbb\xbf", b"{}", b"x" * 100_000])
def test_it_refuses_a_body_that_somebody_added_to(sender: str, junk: bytes, store: FakeBuilds) -> None:
    """Whitespace too, though the document would be the same: what was signed are the bytes."""
    provider, document, headers = SENDERS[sender]
    right = {"x-hub-signature-256": signature(encoded(document), SECRET)}
    for body in (junk + encoded(document), encoded(document) + junk):
        as_sent = b64encode(body).decode()
        given = event(provider, as_sent, headers | right, isBase64Encoded=True)
        assert app.handler(given, None)["statusCode"] == 401
    assert not store.leading


@pytest.mark.parametrize("sender", SENDERS)
def test_it_takes_the_same_with_the_right_signature_alone(sender: str, store: FakeBuilds) -> None:
    provider, document, headers = SENDERS[sender]
    right = {"x-hub-signature-256": signature(encoded(document), SECRET)}
    assert app.handler(event(provider, document, headers | right), None)["statusCode"] < 300
