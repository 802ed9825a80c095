"""What /openapi.json says holds: Schemathesis asks every route what it allows, and what it does not allow."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.e2e.builds import flat
from tests.e2e.stack import Stack

# No 5xx; no status, header, type or shape that is not described; nothing taken that is forbidden. Not: that
# whatever a schema allows is taken (a cursor is for us to make), nor what API Gateway says to other methods.
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
EXAMPLES: Final = 10  # a route
SECONDS: Final = 240


def test_it_answers_as_it_is_described_whatever_it_is_asked(stack: Stack, repo: str, tmp_path: Path) -> None:
    for status in ("success", "failure"):
        assert stack.post("/ingest/github", flat(repo, status)).status_code == 201
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{stack.url}/openapi.json"]
    asked = ["--phases=examples,coverage,fuzzing", f"--max-examples={EXAMPLES}", "--seed=1", "--no-color"]
    checks = f"--checks={','.join(CHECKS)}"
    said = subprocess.run(
        [*command, *asked, checks], cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert said.returncode == 0, said.stdout[-8000:] + said.stderr[-2000:]
    assert "Tested: " in said.stdout
