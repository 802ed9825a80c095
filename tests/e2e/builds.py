"""Webhook bodies as senders make them."""

import time
from datetime import UTC, datetime
from itertools import count
from typing import Any

Body = dict[str, Any]
_runs = count(1)


def rfc3339(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def flat(repo: str, status: str, **said: Any) -> Body:
    """The original flat body of a build that ended just now, after a minute."""
    ended = said.pop("ended", time.time())
    return {
        "pipeline": "CI",
        "repo": repo,
        "branch": "main",
        "status": status,
        "started_at": rfc3339(ended - said.pop("seconds", 60)),
        "completed_at": rfc3339(ended),
        "url": f"https://ci.example.com/{repo}/{next(_runs)}",
        **said,
    }


def workflow_run(repo: str, conclusion: str | None, **said: Any) -> Body:
    """GitHub's workflow_run event, cut down to what is read of it."""
    ended = said.pop("ended", time.time())
    run = {
        "id": next(_runs) + 9_000_000_000,
        "run_attempt": 1,
        "run_number": 7,
        "workflow_id": 4711,
        "name": "Build",
        "path": ".github/workflows/build.yml",
        "head_branch": "main",
        "head_sha": "0123456789abcdef0123456789abcdef01234567",
        "event": "push",
        "status": "completed" if conclusion else "in_progress",
        "conclusion": conclusion,
        "display_title": "Make it work",
        "html_url": f"https://github.com/{repo}/actions/runs/1",
        "created_at": rfc3339(ended - 70),
        "run_started_at": rfc3339(ended - 60),
        "updated_at": rfc3339(ended),
        "actor": {"login": "octo"},
        "triggering_actor": {"login": "octo"},
    } | said
    return {
        "action": "completed" if conclusion else "in_progress",
        "workflow_run": run,
        "workflow": {"id": 4711, "name": "Build", "path": ".github/workflows/build.yml"},
        "repository": {"id": 42, "full_name": repo, "default_branch": "main"},
        "sender": {"login": "octo"},
    }


def workflow_job(run: Body, conclusion: str | None, **said: Any) -> Body:
    """GitHub's workflow_job event of a job of that run: it waited for 8 s, and worked for 40."""
    ended = said.pop("ended", time.time())
    steps = [("Set up job", "success"), (said.pop("step", "Run pytest"), conclusion or "success")]
    number = next(_runs) + 5_000_000_000
    job = {
        "id": number,
        "run_id": run["workflow_run"]["id"],
        "run_attempt": 1,
        "name": "test",
        "status": "completed" if conclusion else "in_progress",
        "conclusion": conclusion,
        "html_url": f"https://github.com/{run['repository']['full_name']}/actions/runs/1/job/{number}",
        "created_at": rfc3339(ended - 48),
        "started_at": rfc3339(ended - 40),
        "completed_at": rfc3339(ended) if conclusion else None,
        "runner_id": 1,
        "steps": [{"name": name, "number": n, "conclusion": word} for n, (name, word) in enumerate(steps, 1)],
    } | said
    return {"action": job["status"], "workflow_job": job, "repository": run["repository"]}


def gitlab_pipeline(repo: str, status: str, **said: Any) -> Body:
    """GitLab's pipeline event: it waited for 12 s, and worked for 40."""
    ended = said.pop("ended", time.time())
    attributes = {
        "id": next(_runs),
        "ref": "main",
        "source": "push",
        "status": status,
        "created_at": rfc3339(ended - 52).replace("T", " ").replace("Z", " UTC"),
        "finished_at": rfc3339(ended).replace("T", " ").replace("Z", " UTC"),
        "duration": 40,
        "queued_duration": 12,
    } | said
    project = {"id": 77, "path_with_namespace": repo, "web_url": f"https://gitlab.example.com/{repo}"}
    jobs = [{"name": "unit", "stage": "test", "status": status, "failure_reason": "script_failure"}]
    return {"object_kind": "pipeline", "object_attributes": attributes, "project": project, "builds": jobs}


def notification(job: str, phase: str, number: int, **said: Any) -> Body:
    """What Jenkins' Notification plugin sends."""
    timestamp = int(said.pop("ended", time.time()) * 1000)
    build = {
        "full_url": f"https://jenkins.example.com/job/{job}/{number}/",
        "number": number,
        "phase": phase,
        "timestamp": timestamp,
        "url": f"job/{job}/{number}/",
        "scm": {"branch": "origin/main", "commit": "0123456789abcdef0123456789abcdef01234567"},
    } | said
    return {"name": job, "display_name": job, "url": f"job/{job}/", "build": build}
