"""The way of a webhook, with a store that fits on a page."""

from collections.abc import Sequence

import pytest

from pipeline_health.domain.build import Sighting
from pipeline_health.domain.jobs import JobSighting
from pipeline_health.flows.ingest import BODY_LIMIT, Recorded, Reply, Result, Unavailable, ingest
from pipeline_health.providers.delivery import Delivery
from tests.ingesting import (
    NOW,
    SECRET,
    FakeBuilds,
    encoded,
    github,
    github_run,
    jenkins,
    jenkins_build,
    refused,
    signature,
)


class Broken:
    def record(self, sighting: Sighting, now: int) -> Recorded:
        raise Unavailable("Storage")

    def record_job(self, sighting: JobSighting, now: int) -> Result:
        raise Unavailable("Storage")


class Known:
    """Secrets; `after` is what reading them once more gives."""

    def __init__(self, *secrets: bytes, after: Sequence[bytes] = ()) -> None:
        self._secrets, self._after = secrets, after

    def known(self, now: int) -> Sequence[bytes]:
        return self._secrets

    def renewed(self, now: int) -> Sequence[bytes]:
        return self._after


class Untouched(Known):
    def known(self, now: int) -> Sequence[bytes]:
        raise AssertionError("nobody may ask for the secrets here")


def taken(builds: FakeBuilds, delivery: Delivery, provider: str = "github") -> Reply:
    return ingest(provider, delivery, builds, secrets=None)


def test_it_tells_created_updated_and_unchanged_apart() -> None:
    builds = FakeBuilds()
    running, done = github(github_run(status="in_progress", conclusion=None)), github(github_run())
    replies = [taken(builds, delivery) for delivery in (running, running, done, running)]
    assert [(reply.status, reply.result.value) for reply in replies] == [
        (201, "created"),
        (200, "unchanged"),
        (200, "updated"),
        (200, "unchanged"),
    ]


def test_it_answers_with_the_build_as_it_is_stored() -> None:
    builds = FakeBuilds()
    taken(builds, github(github_run()))
    late = taken(builds, github(github_run(status="queued", conclusion=None)))
    body = late.body()
    assert (body["result"], body["build"]["status"]) == ("unchanged", "success")
    assert body["build"]["id"] == "github.77.4242.9876543210.1"
    assert "logs" not in body["build"]


def test_an_event_that_is_no_build_is_ignored_and_stores_nothing() -> None:
    builds = FakeBuilds()
    reply = taken(builds, github({"zen": "Speak like a human."}, "ping"))
    assert (reply.status, reply.body()) == (202, {"result": "ignored", "reason": "ping events are no builds"})
    assert not builds.leading


def test_a_body_over_5_mib_is_refused_before_anything_else_is_asked() -> None:
    with refused(413):
        ingest("nobody", Delivery(b" " * (BODY_LIMIT + 1), NOW), FakeBuilds(), Untouched())


def test_a_body_of_exactly_5_mib_is_read() -> None:
    body = encoded(github_run())
    assert taken(FakeBuilds(), github(body + b" " * (BODY_LIMIT - len(body)))).status == 201


def test_an_unknown_provider_is_refused_before_the_signature_is_asked_for() -> None:
    with refused(404):
        ingest("nobody", Delivery(b"{}", NOW), FakeBuilds(), Untouched())


@pytest.mark.parametrize("provider", ["github", "jenkins"])
def test_nothing_is_parsed_before_the_signature_holds(provider: str) -> None:
    with refused(401):
        ingest(provider, github(b"not even JSON"), FakeBuilds(), Known(SECRET))


def test_a_signed_webhook_is_taken_in() -> None:
    body = encoded(github_run())
    delivery = github(body, **{"x-hub-signature-256": signature(body)})
    assert ingest("github", delivery, FakeBuilds(), Known(SECRET)).result is Result.CREATED


def test_a_webhook_that_bears_the_token_is_taken_in() -> None:
    delivery = jenkins(jenkins_build(), token=SECRET.decode())
    assert ingest("jenkins", delivery, FakeBuilds(), Known(SECRET)).result is Result.CREATED


def test_what_cannot_be_stored_is_not_acknowledged() -> None:
    with refused(503):
        ingest("github", github(github_run()), Broken(), secrets=None)


def test_without_the_secrets_nobody_is_let_in() -> None:
    class Unreachable(Known):
        def known(self, now: int) -> Sequence[bytes]:
            raise Unavailable("The webhook secret")

    builds = FakeBuilds()
    with refused(503):
        ingest("github", github(github_run()), builds, Unreachable())
    assert not builds.leading


def test_a_secret_that_was_just_rotated_is_read_once_more() -> None:
    body = encoded(github_run())
    delivery = github(body, **{"x-hub-signature-256": signature(body)})
    assert ingest("github", delivery, FakeBuilds(), Known(b"old", after=[SECRET])).result is Result.CREATED
    for after in ((), [b"another"]):
        with refused(401):
            ingest("github", delivery, FakeBuilds(), Known(b"old", after=after))
