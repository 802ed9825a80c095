"""The flat body that a pipeline step sends with curl."""

import json
from collections.abc import Iterator

from local.demo.history import Run
from local.demo.moments import SECOND, iso

Webhook = tuple[int, dict[str, str], bytes]


def webhooks(run: Run, secret: str) -> Iterator[Webhook]:
    headers = {"content-type": "application/json", "user-agent": "curl/8.14.1"}
    if secret:
        headers["authorization"] = f"Bearer {secret}"
    yield run.started_at, headers, _body(run, status="in_progress")
    duration = (run.completed_at - run.started_at) / SECOND
    yield run.completed_at, headers, _body(run, status=run.conclusion, duration_seconds=duration)


def _body(run: Run, **said: object) -> bytes:
    repo = run.pipeline.repo
    facts = {
        "pipeline": run.pipeline.name,
        "repo": repo.full_name,
        "branch": run.push.branch,
        "started_at": iso(run.started_at),
        "url": f"https://ci.lumenworks.example/{repo.name}/{run.number}",
    }
    return json.dumps(facts | said).encode()
