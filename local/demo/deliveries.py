"""What a sender sends of a run, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from local.demo import flat, github, jenkins
from local.demo.history import Run
from local.demo.moments import DAY

RECENT: Final = DAY  # of older runs only their end is sent: a third of the requests


@dataclass(frozen=True)
class Delivery:
    """One webhook: `at` is when its sender sent it."""

    at: int
    path: str
    headers: dict[str, str]
    body: bytes


_SENDERS: Final = {"github": github.webhooks, "jenkins": jenkins.webhooks, "flat": flat.webhooks}
_PATHS: Final = {"github": "/ingest/github", "jenkins": "/ingest/jenkins", "flat": "/ingest/github"}


def deliveries(run: Run, now: int, secret: str) -> Iterator[Delivery]:
    """Every phase of a recent run up to now, the last of an old one."""
    sent = [webhook for webhook in _SENDERS[run.pipeline.sender](run, secret) if webhook[0] <= now]
    for at, headers, body in sent if run.queued_at > now - RECENT else sent[-1:]:
        yield Delivery(at, _PATHS[run.pipeline.sender], headers, body)
