"""Verify and parse under fuzzing: no exception but ours, and no door that opens without the secret."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_health.providers.delivery import Delivery
from pipeline_health.providers.refusal import Refusal, Unauthorized
from pipeline_health.providers.senders import SENDERS
from tests.ingesting import (
    NOW,
    changed,
    circleci_workflow,
    encoded,
    flat_body,
    github_run,
    gitlab_pipeline,
    jenkins_build,
    signature,
)

SECRET = b"a secret that nobody guesses"
TEXT = st.text(st.characters(exclude_categories=()), max_size=40)  # lone surrogates too
NAMES = st.sampled_from(
    [
        *("x-hub-signature-256", "authorization", "x-github-event", "content-type"),
        *("x-gitlab-event", "x-gitlab-token", "webhook-signature", "webhook-id"),
        *("circleci-event-type", "circleci-signature"),
    ]
)
WORDS = st.sampled_from(
    ["sha256=", "Bearer ", "Basic ", "workflow_run", "Pipeline Hook", "v1,", "v1=", "workflow-completed"]
)
HEADERS = st.dictionaries(NAMES, TEXT | WORDS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
PATHS = [
    *("workflow_run", "workflow_run.id", "workflow_run.head_branch", "workflow_run.updated_at", "repository"),
    *("object_attributes", "object_attributes.created_at", "object_attributes.duration", "project.web_url"),
    *("object_attributes.status", "object_attributes.ref", "merge_request", "builds", "commit", "project"),
    *("workflow", "workflow.id", "workflow.stopped_at", "workflow.status", "pipeline"),
    *("build", "build.phase", "build.scm", "build.full_url", "build.timestamp", "name", "started_at", "url"),
]


def proves(provider: str, delivery: Delivery, secrets: Sequence[bytes]) -> bool:
    try:
        SENDERS[provider].verify(delivery, secrets)
    except Unauthorized:
        return False
    return True


@pytest.mark.parametrize("provider", SENDERS)
@given(body=st.binary(max_size=200), headers=HEADERS, token=TEXT)
def test_nobody_gets_in_without_the_secret(
    provider: str, body: bytes, headers: dict[str, str], token: str
) -> None:
    delivery = Delivery(body, NOW, headers, {"token": token})
    for secrets in ([SECRET], [SECRET, b"the one before"], [], [b""]):
        assert not proves(provider, delivery, secrets)


@pytest.mark.parametrize("provider", SENDERS)
@given(body=st.binary(max_size=200), at=st.integers(0, 70), junk=st.characters())
def test_a_signature_opens_only_as_it_was_made(provider: str, body: bytes, at: int, junk: str) -> None:
    good = signature(body, SECRET)
    assert proves(provider, Delivery(body, NOW, {"x-hub-signature-256": good}), [SECRET])
    for wrong in (good[:at] + junk + good[at:], good[:at], junk + good, f"{good},{good}", good.upper()):
        delivery = Delivery(body, NOW, {"x-hub-signature-256": wrong})
        assert wrong == good or not proves(provider, delivery, [SECRET])
    assert not proves(provider, Delivery(body + b" ", NOW, {"x-hub-signature-256": good}), [SECRET])


def parse(provider: str, body: bytes, headers: dict[str, str]) -> None:
    """Any other exception than ours ends the test."""
    with suppress(Refusal):
        SENDERS[provider].parse(Delivery(body, NOW, headers))


@pytest.mark.parametrize("provider", SENDERS)
@given(body=st.binary(max_size=300), headers=HEADERS)
def test_any_bytes_are_a_build_or_are_refused(provider: str, body: bytes, headers: dict[str, str]) -> None:
    parse(provider, body, headers)


@pytest.mark.parametrize(
    ("provider", "whole", "headers"),
    [
        ("github", github_run(), {"x-github-event": "workflow_run"}),
        ("github", flat_body(), {}),
        ("gitlab", gitlab_pipeline(), {"x-gitlab-event": "Pipeline Hook"}),
        ("circleci", circleci_workflow(), {"circleci-event-type": "workflow-completed"}),
        ("jenkins", jenkins_build(), {}),
        ("jenkins", flat_body(), {}),
    ],
)
@given(data=st.data())
def test_a_real_body_with_anything_in_it_is_a_build_or_is_refused(
    provider: str, whole: dict[str, Any], headers: dict[str, str], data: st.DataObject
) -> None:
    path, value = data.draw(st.sampled_from(PATHS)), data.draw(JSON)
    parents = path.split(".")[:-1]
    if all(parent in whole for parent in parents):
        body = encoded(changed(whole, {path: value}))
        parse(provider, body, headers)
