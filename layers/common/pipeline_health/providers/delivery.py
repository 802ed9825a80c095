"""What a sender delivered, and what a delivery can turn out to be beside a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline_health.domain.build import Build, Sighting, version_of
from pipeline_health.domain.jobs import JobSighting


@dataclass(frozen=True)
class Delivery:
    """Header names are lower-case, `body` is the raw bytes that were signed, `received_at` an instant."""

    body: bytes
    received_at: int
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


def sighting_of(build: Build, sent_at: int, body: bytes) -> Sighting:
    """What a webhook says that has one word for each state; the later word of a state is the newer one."""
    version = version_of(build.status, webhook=True, phase=0, sent_at=sent_at, body=body)
    return Sighting(build=build, version=version)


@dataclass(frozen=True)
class Ignored:
    """A valid event that is no build. Senders disable hooks that answer 4xx, so it is no refusal."""

    reason: str


Parsed = Sighting | JobSighting | Ignored
