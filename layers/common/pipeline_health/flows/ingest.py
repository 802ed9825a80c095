"""A webhook's way: size, sender, signature, parse, store, reply. Nothing unsigned is parsed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from pipeline_health.domain.build import Build, Sighting
from pipeline_health.domain.jobs import JobSighting
from pipeline_health.domain.view import build_view
from pipeline_health.providers.delivery import Delivery, Ignored
from pipeline_health.providers.refusal import Refusal, Unauthorized
from pipeline_health.providers.senders import SENDERS, Sender

BODY_LIMIT: Final = 5 * 1024 * 1024
RETRY_AFTER_SECONDS: Final = 5


class Secrets(Protocol):
    """What senders may prove to know."""

    def known(self, now: int) -> Sequence[bytes]: ...
    def renewed(self, now: int) -> Sequence[bytes]:
        """Read anew because of one that is not known; nothing where that was done a moment ago."""
        ...


class Result(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"  # the same or a later word of this build is already stored
    IGNORED = "ignored"


@dataclass(frozen=True)
class Recorded:
    """What storing a sighting came to, and the build as it is stored now."""

    result: Result
    build: Build


class Builds(Protocol):
    def record(self, sighting: Sighting, now: int) -> Recorded:
        """Store it durably unless a later word is there; Unavailable when that cannot be done now."""
        ...


class Store(Builds, Protocol):
    """Builds, and the jobs that they are made of."""

    def record_job(self, sighting: JobSighting, now: int) -> Result:
        """As a build is recorded, and apart from it: a job may come first, and names no pipeline."""
        ...


class Unavailable(Refusal):
    """Storage or secrets cannot be reached now; the same delivery will do later."""

    def __init__(self, what: str) -> None:
        super().__init__(503, f"{what} cannot be reached. Please deliver again.")


@dataclass(frozen=True)
class Reply:
    status: int
    result: Result
    reason: str | None = None
    build: Build | None = None

    def body(self) -> dict[str, Any]:
        return {
            "result": self.result.value,
            **({"reason": self.reason} if self.reason else {}),
            **({"build": build_view(self.build)} if self.build else {}),
        }


def ingest(
    provider: str,
    delivery: Delivery,
    store: Store,
    secrets: Secrets | None,
    senders: Mapping[str, Sender] = SENDERS,
) -> Reply:
    """Take one delivery in; Refusal says why not. `secrets` None: nobody is asked for a signature."""
    if len(delivery.body) > BODY_LIMIT:
        raise Refusal(413, "The body is larger than 5 MiB.")
    sender = senders.get(provider)
    if sender is None:
        raise Refusal(404, f"There is no such provider; known are: {', '.join(sorted(senders))}.")
    if secrets is not None:
        _verify(sender, delivery, secrets)
    parsed = sender.parse(delivery)
    if isinstance(parsed, Ignored):
        return Reply(202, Result.IGNORED, reason=parsed.reason)
    if isinstance(parsed, JobSighting):
        return _stored(store.record_job(parsed, delivery.received_at))
    recorded = store.record(parsed, delivery.received_at)
    return _stored(recorded.result, recorded.build)


def _stored(result: Result, build: Build | None = None) -> Reply:
    return Reply(201 if result is Result.CREATED else 200, result, build=build)


def _verify(sender: Sender, delivery: Delivery, secrets: Secrets) -> None:
    """A secret that was just rotated is not known yet, so a wrong one has it read once more."""
    try:
        sender.verify(delivery, secrets.known(delivery.received_at))
    except Unauthorized:
        sender.verify(delivery, secrets.renewed(delivery.received_at))
