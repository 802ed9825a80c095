"""A stack with AUTH=on, whose secrets were made for it: who may send, and how a secret is replaced."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
from contextlib import closing

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from local.demo.keys import keys
from local.demo.sending import Stack as Demonstrated
from tests.e2e.builds import Body, flat, gitlab_pipeline
from tests.e2e.stack import SOON, Stack, eventually
from tests.template import ROOT


def secret(stack: Stack, *words: str) -> str:
    """The last line of what `make webhook-secret` prints."""
    command = [sys.executable, "-m", "local.secret", *(words or ("webhook",))]
    ports = {"PORT": str(stack.port), "AWS_PORT": str(stack.aws_port), "PYTHONPATH": "layers/common"}
    printed = subprocess.run(
        command, cwd=ROOT, env=dict(os.environ) | ports, capture_output=True, text=True, check=True
    )
    return printed.stdout.splitlines()[-1]


def signed(stack: Stack, body: Body, key: str) -> int:
    raw = json.dumps(body).encode()
    signature = hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()
    return stack.post("/ingest/github", raw, **{"X-Hub-Signature-256": f"sha256={signature}"}).status_code


def test_it_takes_what_is_signed_and_nothing_else(locked: Stack, repo: str) -> None:
    build = flat(repo, "success")
    assert locked.post("/ingest/github", build).status_code == 401
    assert signed(locked, build, "a guess") == 401
    assert signed(locked, build, "") == 401
    assert signed(locked, build, secret(locked)) == 201


def test_it_takes_the_token_of_jenkins_and_shows_it_nowhere(locked: Stack, repo: str) -> None:
    token = secret(locked)
    assert locked.post(f"/ingest/jenkins?token={token}", flat(repo, "success")).status_code == 201
    assert locked.post(f"/ingest/jenkins?token={token}x", flat(repo, "failure")).status_code == 401
    assert token not in "\n".join(locked.printed)


def test_it_takes_the_token_of_gitlab(locked: Stack, repo: str) -> None:
    event = {"X-Gitlab-Event": "Pipeline Hook"}
    build = gitlab_pipeline(repo, "success")
    assert locked.post("/ingest/gitlab", build, **event).status_code == 401
    event["X-Gitlab-Token"] = secret(locked)
    assert locked.post("/ingest/gitlab", build, **event).status_code == 201


def test_it_takes_the_old_and_the_new_secret_while_one_is_replaced(locked: Stack, repo: str) -> None:
    old = secret(locked)
    assert signed(locked, flat(f"{repo}-before", "success"), old) == 201
    new = secret(locked, "webhook", "rotate")
    assert new != old
    assert signed(locked, flat(f"{repo}-old", "success"), old) == 201
    build = flat(f"{repo}-new", "success")
    eventually(lambda: signed(locked, build, new) == 201)  # wrong ones before it hold it up for ten seconds
    assert secret(locked) == new


def test_it_shows_builds_to_who_has_the_token(locked: Stack) -> None:
    token = secret(locked, "read")
    for path in ("/builds", "/pipelines", "/changes", "/metrics/summary", "/builds/x"):
        assert read(locked, path) == 401, path
        assert read(locked, path, "a guess") == 403, path
        assert read(locked, path, token) in (200, 404), path
    assert token not in "\n".join(locked.printed)


@pytest.mark.parametrize("path", ["/", "/health", "/config", "/docs", "/openapi.json"])
def test_it_shows_everybody_what_tells_nothing(locked: Stack, path: str) -> None:
    assert read(locked, path) == 200


def test_it_tells_of_builds_live_to_who_has_a_ticket(locked: Stack, repo: str) -> None:
    ticket = httpx.post(f"{locked.url}/ws/ticket", headers=bearer(secret(locked, "read"))).json()["ticket"]
    address = f"ws://127.0.0.1:{locked.port}/ws"
    with connect(f"{address}?ticket={ticket}") as listener:
        assert signed(locked, flat(repo, "success"), secret(locked)) == 201
        assert json.loads(listener.recv(SOON))["builds"][0]["repo"] == repo
    for shown in ("", f"?ticket={ticket}", "?ticket=a-guess"):
        with pytest.raises(InvalidStatus):
            connect(address + shown)


def test_it_gives_the_demo_its_keys(locked: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", str(locked.port))
    monkeypatch.setenv("AWS_PORT", str(locked.aws_port))
    with closing(Demonstrated("127.0.0.1", locked.port)) as shown:
        known = keys(shown)
        assert (known.webhook, known.read) == (secret(locked), secret(locked, "read"))
        assert shown.get("/builds")[0] == 401
        shown.read_token = known.read
        assert shown.get("/builds")[0] == 200


def read(stack: Stack, path: str, token: str | None = None) -> int:
    return httpx.get(stack.url + path, headers=bearer(token), follow_redirects=True).status_code


def bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
