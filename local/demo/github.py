"""GitHub's `workflow_run` webhook as GitHub sends it: some 18 KB, most of it addresses.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run
"""

import hmac
import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from local.demo.history import Run
from local.demo.moments import iso
from local.demo.world import ORG, Person, Pipeline, Repo, digest, number_of

Json = dict[str, Any]
Webhook = tuple[int, dict[str, str], bytes]

API: Final = "https://api.github.com"
# `name{/part}` stands for name_url: base/name{/part}; `name:path` where the two differ.
_REPOSITORY_URLS: Final = """archive:{archive_format}{/ref} assignees{/user} blobs:git/blobs{/sha}
branches{/branch} collaborators{/collaborator} comments{/number} commits{/sha} compare:compare/{base}...{head}
contents:contents/{+path} contributors deployments downloads events forks git_commits:git/commits{/sha}
git_refs:git/refs{/sha} git_tags:git/tags{/sha} hooks issue_comment:issues/comments{/number}
issue_events:issues/events{/number} issues{/number} keys{/key_id} labels{/name} languages merges
milestones{/number} notifications{?since,all,participating} pulls{/number} releases{/id} stargazers
statuses{/sha} subscribers subscription tags teams trees:git/trees{/sha}"""
_PERSON_URLS: Final = """events{/privacy} followers following{/other_user} gists{/gist_id}
organizations:orgs received_events repos starred{/owner}{/repo} subscriptions"""


def webhooks(run: Run, secret: str) -> Iterator[Webhook]:
    """Requested, in progress, completed; a run keeps its id, its attempts differ by `run_attempt`."""
    phases = (
        ("requested", "queued", None, run.queued_at),
        ("in_progress", "in_progress", None, run.started_at),
        ("completed", "completed", run.conclusion, run.completed_at),
    )
    for action, status, conclusion, at in phases:
        yield webhook(_payload(run, action, status, conclusion, at), at, secret)


def webhook(payload: Json, at: int, secret: str, event: str = "workflow_run") -> Webhook:
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    headers = {
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/b1d2c3f",
        "x-github-event": event,
        "x-github-delivery": str(UUID(bytes=sha256(body).digest()[:16])),
        "x-github-hook-installation-target-type": "repository",
    }
    if secret:
        signature = hmac.digest(secret.encode(), body, "sha256").hex()
        headers["x-hub-signature-256"] = f"sha256={signature}"
    return at, headers, body


def _payload(run: Run, action: str, status: str, conclusion: str | None, at: int) -> Json:
    repo = run.pipeline.repo
    return {
        "action": action,
        "workflow_run": _workflow_run(run, status, conclusion, at),
        "workflow": _workflow(run.pipeline),
        "repository": repository(repo, ORG),
        "organization": organization(),
        "sender": person(run.actor or run.push.author),
    }


def _workflow_run(run: Run, status: str, conclusion: str | None, at: int) -> Json:
    pipeline, repo, push = run.pipeline, run.pipeline.repo, run.push
    url = f"{API}/repos/{repo.full_name}/actions/runs/{run.id}"
    owner = push.fork.login if push.fork else ORG
    actor = run.actor or push.author
    return {
        "id": run.id,
        "name": pipeline.name,
        "node_id": f"WFR_{digest(str(run.id))}",
        "head_branch": push.branch,
        "head_sha": run.commit,
        "path": _file(pipeline),
        "display_title": push.message,
        "run_number": run.number,
        "event": push.event,
        "status": status,
        "conclusion": conclusion,
        "workflow_id": pipeline.id,
        "check_suite_id": run.id + 1,
        "check_suite_node_id": f"CS_{digest(str(run.id + 1))}",
        "url": url,
        "html_url": f"https://github.com/{repo.full_name}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": iso(run.created_at),
        "updated_at": iso(at),
        "actor": person(push.author),
        "run_attempt": run.attempt,
        "run_started_at": iso(run.queued_at),
        "triggering_actor": person(actor),
        **{f"{name}_url": f"{url}/{name}" for name in ("jobs", "logs", "artifacts", "cancel", "rerun")},
        "check_suite_url": f"{API}/repos/{repo.full_name}/check-suites/{run.id + 1}",
        "previous_attempt_url": f"{url}/attempts/{run.attempt - 1}" if run.attempt > 1 else None,
        "workflow_url": f"{API}/repos/{repo.full_name}/actions/workflows/{pipeline.id}",
        "head_commit": _commit(run),
        "repository": repository(repo, ORG),
        "head_repository": repository(repo, owner),
    }


def _commit(run: Run) -> Json:
    author = {"name": run.push.author.name, "email": run.push.author.email}
    return {
        "id": run.commit,
        "tree_id": digest(run.commit, length=40),
        "message": f"{run.push.message}\n\nReviewed by the team.",
        "timestamp": iso(run.push.at),
        "author": author,
        "committer": {"name": "GitHub", "email": "noreply@github.com"},
    }


def _file(pipeline: Pipeline) -> str:
    return f".github/workflows/{pipeline.name.lower().replace(' ', '-')}.yml"


@cache
def _workflow(pipeline: Pipeline) -> Json:
    home = f"https://github.com/{pipeline.repo.full_name}"
    return {
        "id": pipeline.id,
        "node_id": f"W_{digest(str(pipeline.id))}",
        "name": pipeline.name,
        "path": _file(pipeline),
        "state": "active",
        "created_at": "2024-03-04T09:12:31.000Z",
        "updated_at": "2026-02-11T15:40:02.000Z",
        "url": f"{API}/repos/{pipeline.repo.full_name}/actions/workflows/{pipeline.id}",
        "html_url": f"{home}/blob/{pipeline.repo.default_branch}/{_file(pipeline)}",
        "badge_url": f"{home}/workflows/{pipeline.name.replace(' ', '%20')}/badge.svg",
    }


@cache
def repository(repo: Repo, owner: str) -> Json:
    full_name = f"{owner}/{repo.name}"
    url = f"{API}/repos/{full_name}"
    return {
        "id": repo.id if owner == ORG else number_of(full_name, 10**9),
        "node_id": f"R_{digest(full_name)}",
        "name": repo.name,
        "full_name": full_name,
        "private": True,
        "owner": _account(owner, "Organization" if owner == ORG else "User"),
        "html_url": f"https://github.com/{full_name}",
        "fork": owner != ORG,
        "url": url,
        **_urls(url, _REPOSITORY_URLS),
        "default_branch": repo.default_branch,
        "clone_url": f"https://github.com/{full_name}.git",
        "ssh_url": f"git@github.com:{full_name}.git",
    }


@cache
def organization() -> Json:
    url = f"{API}/orgs/{ORG}"
    return {
        "login": ORG,
        "id": number_of(ORG, 10**8),
        "url": url,
        "repos_url": f"{url}/repos",
        "description": "",
    }


def person(person: Person) -> Json:
    return _account(person.login, "Bot" if person.login.endswith("-bot") else "User")


@cache
def _account(login: str, kind: str) -> Json:
    number = number_of(login, 10**8)
    return {
        "login": login,
        "id": number,
        "node_id": f"U_{digest(login)}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4",
        "url": f"{API}/users/{login}",
        "html_url": f"https://github.com/{login}",
        **_urls(f"{API}/users/{login}", _PERSON_URLS),
        "type": kind,
        "site_admin": False,
    }


def _urls(base: str, templates: str) -> Json:
    parts = [template.partition(":") for template in templates.split()]
    return {f"{name.partition('{')[0]}_url": f"{base}/{path or name}" for name, _, path in parts}
