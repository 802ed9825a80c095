"""Jenkins' Notification plugin: one delivery a phase. https://plugins.jenkins.io/notification/"""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from local.demo.history import Run
from local.demo.moments import SECOND

Json = dict[str, Any]
Webhook = tuple[int, dict[str, str], bytes]

_ROOT: Final = "https://jenkins.lumenworks.example/"
_ONE_BRANCH: Final = (
    "firmware/build",
    "platform/terraform",
)  # jobs that build one branch; the others are multibranch


def webhooks(run: Run, secret: str) -> Iterator[Webhook]:
    """QUEUED is sent together with STARTED, FINALIZED some seconds after COMPLETED."""
    finalized_at = run.completed_at + 2 * SECOND
    yield _webhook(run, secret, run.started_at, phase="QUEUED", timestamp=run.queued_at)
    yield _webhook(run, secret, run.started_at, phase="STARTED", timestamp=run.started_at)
    yield _webhook(run, secret, run.completed_at, timestamp=run.completed_at, **_end(run, "COMPLETED"))
    yield _webhook(run, secret, finalized_at, timestamp=finalized_at, **_end(run, "FINALIZED"))


def _end(run: Run, phase: str) -> Json:
    duration = run.completed_at - run.started_at
    return {"phase": phase, "status": run.conclusion, "duration": duration, "log": _log(run)}


def _webhook(run: Run, secret: str, at: int, **said: Any) -> Webhook:
    headers = {"content-type": "application/json;charset=UTF-8", "user-agent": "Java/17.0.13"}
    if secret:  # the plugin signs nothing: its user's password is the token
        headers["authorization"] = f"Basic {base64.b64encode(f'jenkins:{secret}'.encode()).decode()}"
    return at, headers, json.dumps(_payload(run, said)).encode()


def _payload(run: Run, said: Json) -> Json:
    job = _job(run)
    address = f"{job}{run.number}/"
    return {
        "name": run.pipeline.name.rpartition("/")[2],
        "display_name": run.pipeline.name.rpartition("/")[2],
        "url": job,
        "build": {
            "full_url": _ROOT + address,
            "number": run.number,
            "queue_id": run.id % 100_000,
            "duration": 0,
            **said,
            "url": address,
            "scm": _scm(run),
            "log": said.get("log", ""),
            "notes": "",
            "artifacts": {},
        },
    }


def _job(run: Run) -> str:
    """A multibranch project names its jobs after branches, a slash in them encoded twice."""
    path = run.pipeline.name.split("/")
    if path[-1] not in _ONE_BRANCH:
        path.append(quote(_branch(run), safe=""))
    return "".join(f"job/{quote(part)}/" for part in path)


def _branch(run: Run) -> str:
    return f"PR-{run.push.at // SECOND % 900}" if run.push.fork else run.push.branch


def _scm(run: Run) -> Json:
    author = run.push.author
    return {
        "url": f"https://git.lumenworks.example/{run.pipeline.repo.full_name}.git",
        "branch": f"origin/{_branch(run)}",
        "commit": run.commit,
        "changes": [f"src/{run.commit[:6]}.py"],
        "culprits": [author.login],
    }


def _log(run: Run) -> str:
    lines = ["[Pipeline] Start of Pipeline", f"Checking out {run.commit}", "[Pipeline] sh", "+ make test"]
    if run.failed:
        lines += ["ERROR: 2 tests failed: test_totals, test_rounding", "script returned exit code 1"]
    return "\n".join([*lines, "[Pipeline] End of Pipeline", f"Finished: {run.conclusion}"])
