"""The twelve builds of docs/numbers.md: every figure that stands there is what the API says."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.domain.build import Build
from pipeline_health.domain.times import SECOND, parse_instant
from tests.reading import NOW, a_build, count, get, serve
from tests.template import ROOT

TEXT = (ROOT / "docs/numbers.md").read_text(encoding="utf-8").split("## Twelve builds to check by hand")[1]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*\|$", TEXT, re.M)]
WINDOWS = ["24h", "7d", "30d", "90d"]


def builds() -> Iterator[Build]:
    for run, completed, branch, status, seconds in (row for row in ROWS if re.match(r"\d+\.\d", row[0])):
        number, attempt = run.split(".")
        ended: Any = {"started_at": NOW - 60_000, "completed_at": None, "duration_ms": None}
        if completed:
            at, took = parse_instant(completed), int(seconds) * SECOND
            ended = {"started_at": at - took, "completed_at": at, "duration_ms": took}
        yield a_build(run=number, attempt=attempt, branch=branch, status=status, **ended)


def figures() -> list[tuple[str, list[str]]]:
    return [(row[0].strip("`"), row[1:5]) for row in ROWS if row[0].startswith("`")]


def value(said: Any, name: str) -> Any:
    for part in name.split("."):
        said = said[part]
    return said


@pytest.fixture
def summaries(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    serve(monkeypatch)
    count(dynamodb, *builds())
    return [get("/metrics/summary", window=window).json for window in WINDOWS]


def test_it_has_twelve_builds_and_says_what_time_it_is() -> None:
    assert len(list(builds())) == 12
    (as_of,) = re.findall(r"As of (\S+),", TEXT)
    assert parse_instant(as_of) // SECOND == NOW // SECOND


def test_every_figure_is_what_the_api_says(summaries: list[Any]) -> None:
    assert len(figures()) > 20
    wrong = []
    for name, printed in figures():
        for window, said, text in zip(WINDOWS, summaries, printed, strict=True):
            got = value(said, name)
            close = pytest.approx(got, rel=0.02) if re.search(r"\.(p\d\d|median)$", name) else got
            if (text if name == "from" else None if text == "null" else float(text)) != close:
                wrong.append(f"{name} of {window}: {text}, not {got}")
    assert not wrong
