"""`make run` itself: it starts, says what is wrong, shows what happens, and leaves nothing behind."""

import json
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.builds import flat
from tests.e2e.stack import SOON, Stack, eventually, ready, start

Begin = Callable[..., Stack]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts stacks in the test's folder, and kills those that a failed test did not end."""
    begun: list[Stack] = []

    def begin(environment: dict[str, str] | None = None, **ports: int) -> Stack:
        begun.append(start(tmp_path, environment, **ports))
        return begun[-1]

    yield begin
    for stack in begun:
        if stack.process.poll() is None:
            stack.end(signal.SIGKILL)


def test_it_leaves_nothing_behind_and_starts_again(tmp_path: Path, begin: Begin) -> None:
    """Ended, interrupted and killed, each time on the ports of the one before."""
    first = ready(begin())
    assert first.workers()
    assert first.end(signal.SIGTERM) == 0
    assert_nothing_is_left(first, tmp_path)

    original = {"PORT": "", "BACKEND_PORT": str(first.port)}
    second = ready(begin(original, port=first.port, aws_port=first.aws_port))
    assert second.get("/builds")["builds"] == []
    assert second.end(signal.SIGINT) == 0
    assert_nothing_is_left(second, tmp_path)

    killed = ready(begin(port=first.port, aws_port=first.aws_port))
    killed.end(signal.SIGKILL)
    eventually(lambda: not killed.workers())
    last = ready(begin(port=first.port, aws_port=first.aws_port))
    last.end()
    assert_nothing_is_left(last, tmp_path)


def test_it_can_be_ended_while_it_starts(tmp_path: Path, begin: Begin) -> None:
    stack = begin()
    eventually(stack.workers)
    stack.end()
    assert_nothing_is_left(stack, tmp_path)


def test_it_says_which_port_is_taken_and_what_to_do(tmp_path: Path, begin: Begin) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        stack = begin(port=port)
        assert stack.process.wait(SOON) == 1
    eventually(lambda: stack.printed)
    assert len(stack.printed) == 1
    assert f"Port {port}" in stack.printed[0]
    assert f"make run PORT={port + 1}" in stack.printed[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"AUTH": "yes"}, "Auth"),
        ({"ALERT_ON": "sometimes"}, "AlertOn"),
        ({"SMTP_PORT": "mail"}, "SmtpPort"),
        ({"AWS_PORT": "x"}, "AWS_PORT=x is no port"),
    ],
)
def test_it_says_which_setting_is_wrong(begin: Begin, environment: dict[str, str], says: str) -> None:
    stack = begin(environment)
    assert stack.process.wait(SOON) == 1
    eventually(lambda: says in "\n".join(stack.printed))
    assert "Traceback" not in "\n".join(stack.printed)


def test_it_shows_one_line_for_each_request(stack: Stack, repo: str) -> None:
    before = len(stack.printed)
    build = stack.post("/ingest/github", flat(repo, "success")).json()["build"]["id"]
    lines = eventually(lambda: [line for line in stack.printed[before:] if "  ingest " in line])
    assert len(lines) == 1
    assert build in lines[0]


def test_it_keeps_secrets_and_bodies_out_of_what_it_shows(stack: Stack, repo: str) -> None:
    before = len(stack.printed)
    stack.post("/ingest/github", flat(repo, "failure", logs="pass-w0rd"))
    eventually(lambda: any("  alerts " in line for line in stack.printed[before:]))
    shown = "\n".join(stack.printed)
    assert "pass-w0rd" not in shown
    assert "s3cr3t" not in shown


def test_it_tells_sam_local_what_the_functions_are_told(stack: Stack) -> None:
    (path,) = stack.folder.glob("run-*/sam-env.json")
    environment = json.loads(path.read_text())
    assert environment["IngestFunction"]["BUILDS_TABLE"].startswith("pipeline-health-BuildsTable")
    assert environment["ApiFunction"]["AWS_ENDPOINT_URL"] == f"http://host.docker.internal:{stack.aws_port}"


def assert_nothing_is_left(stack: Stack, folder: Path) -> None:
    assert stack.workers() == []
    assert list(folder.iterdir()) == []
    for port in (stack.port, stack.aws_port):
        with socket.socket() as sock:
            assert sock.connect_ex(("127.0.0.1", port)) != 0
