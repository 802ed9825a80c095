"""The real local stack as a test sees it: a process of its own, its ports, and what it printed."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.template import ROOT

# Seconds until a test gives up; eight and one are usual on two busy cores.
START: Final = 120.0
SOON: Final = 30.0
Body = dict[str, Any]
T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def eventually(look: Callable[[], T | None], within: float = SOON) -> T:
    """What `look` gives once that is true; fails when it takes too long."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {within} s"
        pause.wait(0.02)
    return seen


@dataclass
class Stack:
    process: subprocess.Popen[str]
    port: int
    aws_port: int
    folder: Path
    read_token: str = ""  # what a reader shows, where the stack asks for one
    printed: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def aws_url(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"

    def post(self, path: str, body: Body | bytes, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"}
        return httpx.post(self.url + path, content=content, headers=kind | headers, timeout=START)

    def get(self, path: str, **query: str | int) -> Any:
        shown = {"Authorization": f"Bearer {self.read_token}"} if self.read_token else {}
        answer = httpx.get(self.url + path, params=query, headers=shown, timeout=START)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def listen(self) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}/ws")

    def mails(self) -> list[Body]:
        """What the embedded SES was asked to send."""
        accounts = httpx.get(f"{self.aws_url}/_ministack/ses/messages").json()
        return [mail for mails in _lists(accounts) for mail in mails]

    def workers(self) -> list[int]:
        """The functions' processes."""
        mark = str(self.folder).encode()
        return [int(p.parent.name) for p in Path("/proc").glob("[0-9]*/cmdline") if mark in _read(p)]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(SOON)


def _lists(value: Any) -> Iterator[list[Body]]:
    for inner in value.values() if isinstance(value, dict) else ():
        if isinstance(inner, list):
            yield inner
        else:
            yield from _lists(inner)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""  # it has just ended


def start(
    folder: Path, environment: dict[str, str] | None = None, *, port: int = 0, aws_port: int = 0
) -> Stack:
    """The process; `ready` waits for it."""
    port, aws_port = port or free_port(), aws_port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PORT": str(port),
            "AWS_PORT": str(aws_port),
            "LOCAL_DIR": str(folder),
            **(environment or {}),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stack = Stack(process, port, aws_port, folder, (environment or {}).get("READ_TOKEN", ""))
    threading.Thread(target=_note, args=(stack,), daemon=True).start()
    return stack


def _note(stack: Stack) -> None:
    assert stack.process.stdout
    with stack.process.stdout as lines:
        stack.printed.extend(line.rstrip("\n") for line in lines)


def ready(stack: Stack) -> Stack:
    def is_ready() -> bool:
        assert stack.process.poll() is None, "\n".join(stack.printed)
        return any(line.startswith("READY") for line in stack.printed)

    eventually(is_ready, START)
    return stack


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Stack]:
    stack = start(folder, environment)
    try:
        yield ready(stack)
    finally:
        sys.stdout.write("\n".join(stack.printed[-60:]))  # pytest shows it beside what failed
        if stack.process.poll() is None:
            stack.end()
