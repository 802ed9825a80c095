"""The README's first curl lines, run as printed but for the port."""

import json
import re
import subprocess

from tests.e2e.stack import Body, Stack, eventually
from tests.template import ROOT


def printed_lines() -> str:
    """The block of shell lines that holds the first webhook."""
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    return next(block for block in blocks if "/ingest/github" in block)


def answers(lines: str) -> list[Body]:
    """What each line printed."""
    ran = subprocess.run(["bash", "-euc", lines], capture_output=True, text=True, timeout=30, check=True)
    return [json.loads(answer) for answer in ran.stdout.replace("}{", "}\x00{").split("\x00")]


def test_it_answers_the_readme_as_printed(stack: Stack) -> None:
    lines = printed_lines().replace("http://localhost:8001", stack.url).replace("curl ", "curl -sS ")

    def counted() -> list[Body]:
        """A reader of the README types slower than a test: the build may still be on its way."""
        all_four = answers(lines)
        return all_four if "pipeline" in all_four[-1] else []

    created, summary, listed, latest = eventually(counted)
    assert created["build"]["pipeline"] == latest["pipeline"] == "nightly"
    assert summary["window"] == "7d"
    assert created["build"]["id"] in [build["id"] for build in listed["builds"]]
