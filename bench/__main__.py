"""`make bench`: every promise of speed, measured on a stack of its own. Fails when one is not kept."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.client import Figure

ROOT: Final = Path(__file__).parent.parent
IN_PROCESS: Final = ("ingest", "spending", "asking", "rows", "every")  # start what they need themselves
ON_A_STACK: Final = ("summary", "growth", "outputs", "live", "steady", "load", "aggregate")
READY_SECONDS: Final = 15
PATIENCE_SECONDS: Final = 120


def main() -> None:
    failed = [name for name in IN_PROCESS if not _bench(name)]
    with _stack() as (port, aws_port, seconds):
        ready = Figure("make run to READY, once it is set up", seconds, "s", READY_SECONDS)
        print(ready, flush=True)
        failed += [name for name in ON_A_STACK if not _bench(name, "--port", str(port), aws_port=aws_port)]
    if failed or not ready.met:
        sys.exit(f"A goal was missed ({', '.join(failed) or 'READY'}).")


def _bench(name: str, *options: str, aws_port: int = 0) -> bool:
    """In a process of its own, so that one leaves nothing behind for the next."""
    path = f"{ROOT / 'layers/common'}{os.pathsep}{ROOT}"
    command = [sys.executable, "-m", f"bench.{name}", *options]
    environment = {**os.environ, "PYTHONPATH": path, "AWS_PORT": str(aws_port)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


@contextmanager
def _stack() -> Iterator[tuple[int, int, float]]:
    """A local stack on free ports: its ports, and how long it took until READY."""
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
        yield port, aws_port, time.monotonic() - began
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


if __name__ == "__main__":
    main()
