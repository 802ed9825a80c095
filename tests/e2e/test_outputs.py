"""What other tools read, through the real stack: as the README prints it, packed where it is large."""

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.e2e.builds import flat
from tests.e2e.stack import Stack, eventually
from tests.template import ROOT


def printed(stack: Stack) -> list[str]:
    """Their addresses, as the README prints them."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = next(each for each in re.findall(r"```sh\n(.*?)```", readme, re.S) if "/badge/" in each)
    return [each.replace("http://localhost:8001", stack.url) for each in re.findall(r"curl '([^']+)'", block)]


def test_it_answers_what_the_readme_prints(stack: Stack) -> None:
    stack.post("/ingest/github", flat("acme/app", "failure", pipeline="nightly", branch="main"))
    badge, shields, tray, feed, table, metrics = printed(stack)

    def told() -> bool:
        return "nightly: failing" in httpx.get(badge).text

    eventually(told)
    assert httpx.get(shields).json()["label"] == "nightly success, 30d"
    projects = ElementTree.fromstring(httpx.get(tray).content)
    assert "nightly" in {(each.get("name") or "").rpartition("/")[2] for each in projects}
    assert "nightly broke on main (acme/app)" in httpx.get(feed).text
    rows = list(csv.DictReader(io.StringIO(httpx.get(table).text, newline=""), strict=True))
    assert ("acme/app", "nightly") in {(row["repo"], row["pipeline"]) for row in rows}
    families = text_string_to_metric_families(httpx.get(metrics).text)  # type: ignore[no-untyped-call]
    assert "pipeline_health_builds" in {family.name for family in families}


def test_a_badge_is_found_by_an_encoded_path_and_asked_for_again(stack: Stack, repo: str) -> None:
    """The gateway decodes %2F, so a repository is a path however it is written."""
    stack.post("/ingest/github", flat(repo, "success", pipeline="Build / Test: 100% ünicode?"))
    path = f"/badge/github/{repo.replace('/', '%2F')}/Build%20%2F%20Test%3A%20100%25%20%C3%BCnicode%3F.svg"
    eventually(lambda: "passing" in httpx.get(stack.url + path).text)
    answer = httpx.get(stack.url + path)
    assert answer.headers["content-type"] == "image/svg+xml"
    again = httpx.get(stack.url + path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_long_answer_arrives_packed(stack: Stack, repo: str) -> None:
    for number in range(3):
        stack.post("/ingest/github", flat(repo, "success", pipeline=f"p{number}"))
    url = f"{stack.url}/builds?limit=50"
    plain = httpx.get(url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
    assert raw[:2] == b"\x1f\x8b"
    assert len(raw) < len(plain.content) / 2
    assert httpx.get(url).json()["builds"]


def test_make_export_writes_what_the_stack_has(stack: Stack, repo: str, tmp_path: Path) -> None:
    for number in range(3):
        stack.post("/ingest/github", flat(repo, "success", pipeline=f"p{number}"))
    out = tmp_path / "builds.csv"
    ran = subprocess.run(
        [sys.executable, "-m", "local.export", "--out", str(out), "--repo", repo],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": "layers/common",
            "PORT": str(stack.port),
            "AWS_PORT": str(stack.aws_port),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout == f"{out}: 3 builds.\n"
    with out.open(encoding="utf-8", newline="") as text:
        assert {row["pipeline"] for row in csv.DictReader(text)} == {"p0", "p1", "p2"}
