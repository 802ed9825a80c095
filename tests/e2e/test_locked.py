"""A stack with AUTH=on, whose secrets were made for it: who may send, and how a secret is replaced."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.builds import Body, flat
from tests.e2e.stack import Stack, eventually, running
from tests.template import ROOT


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("locked"), AUTH="on") as stack:
        yield stack


def secret(stack: Stack, *words: str) -> str:
    """The last line of what `make webhook-secret` prints."""
    command = [sys.executable, "-m", "local.secret", *(words or ("webhook",))]
    ports = {"PORT": str(stack.port), "AWS_PORT": str(stack.aws_port)}
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


def test_it_takes_the_old_and_the_new_secret_while_one_is_replaced(locked: Stack, repo: str) -> None:
    old = secret(locked)
    assert signed(locked, flat(f"{repo}-before", "success"), old) == 201
    new = secret(locked, "webhook", "rotate")
    assert new != old
    assert signed(locked, flat(f"{repo}-old", "success"), old) == 201
    build = flat(f"{repo}-new", "success")
    eventually(lambda: signed(locked, build, new) == 201)  # wrong ones before it hold it up for ten seconds
    assert secret(locked) == new
