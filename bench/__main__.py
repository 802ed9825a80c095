"""`make bench`: every promise of speed, measured on a stack of its own. Fails when one is not kept."""

import os
import subprocess
import sys
from typing import Final

from bench.client import Figure
from bench.own_stack import ROOT, own_stack

IN_PROCESS: Final = ("ingest", "spending", "asking", "rows", "every")  # start what they need themselves
ON_A_STACK: Final = ("summary", "growth", "outputs", "live", "steady", "load", "aggregate")
READY_SECONDS: Final = 15


def main() -> None:
    failed = [name for name in IN_PROCESS if not _bench(name)]
    with own_stack() as stack:
        ready = Figure("make run to READY, once it is set up", stack.seconds, "s", READY_SECONDS)
        print(ready, flush=True)
        at = "--port", str(stack.port)
        failed += [name for name in ON_A_STACK if not _bench(name, *at, aws_port=stack.aws_port)]
    if failed or not ready.met:
        sys.exit(f"A goal was missed ({', '.join(failed) or 'READY'}).")


def _bench(name: str, *options: str, aws_port: int = 0) -> bool:
    """In a process of its own, so that one leaves nothing behind for the next."""
    path = f"{ROOT / 'layers/common'}{os.pathsep}{ROOT}"
    command = [sys.executable, "-m", f"bench.{name}", *options]
    environment = {**os.environ, "PYTHONPATH": path, "AWS_PORT": str(aws_port)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    main()
