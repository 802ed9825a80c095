"""A local stack of our own on free ports, for as long as it is measured."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
PATIENCE_SECONDS: Final = 120


class OwnStack(NamedTuple):
    port: int
    aws_port: int
    seconds: float  # until it was READY


@contextmanager
def own_stack() -> Iterator[OwnStack]:
    port, aws_port = _free_port(), _free_port()
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PORT": str(port), "AWS_PORT": str(aws_port)},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process, began + PATIENCE_SECONDS)
        yield OwnStack(port, aws_port, time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], deadline: float) -> None:
    """The stack's own port opens when it is READY, not before."""
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("The local stack did not start; `make run` says why.")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
