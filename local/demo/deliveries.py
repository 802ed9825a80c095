"""What a sender sends of a run, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from local.demo import flat, github, github_jobs, jenkins
from local.demo.github import Webhook
from local.demo.history import Run
from local.demo.moments import DAY

RECENT: Final = DAY  # of older runs only their end is sent: a third of the requests
WITH_JOBS: Final = 8 * DAY  # so far back GitHub's jobs are told of, which the page shows first


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
    """Every phase of a recent run up to now, the last of an old one; its jobs' before."""
    sent = [webhook for webhook in _SENDERS[run.pipeline.sender](run, secret) if webhook[0] <= now]
    jobs = list(_of_jobs(run, now, secret)) if run.pipeline.sender == "github" else []
    for at, headers, body in [*jobs, *(sent if run.queued_at > now - RECENT else sent[-1:])]:
        yield Delivery(at, _PATHS[run.pipeline.sender], headers, body)


def _of_jobs(run: Run, now: int, secret: str) -> Iterator[Webhook]:
    """Of a recent run every phase, of one of the last days how its jobs ended, of an old one nothing."""
    for webhook in github_jobs.webhooks(run, secret) if run.queued_at > now - WITH_JOBS else ():
        at, _, body = webhook
        if at <= now and (run.queued_at > now - RECENT or b'"action":"completed"' in body):
            yield webhook
