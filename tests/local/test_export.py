"""`make export`: every build once in the file, wherever it was stopped before."""

import csv
import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from local.export import Api, CannotExportError, Progress, export
from tests.reading import NOW, a_build, get, serve, store

ASKED = {"url": "http://localhost:8001", "format": "csv"}


class Stopped(Exception):
    pass


class Handler(Api):
    """The API without HTTP, in pages of two; `failures` come instead of answers, by the number of the try."""

    def __init__(self, failures: dict[int, Exception] | None = None) -> None:
        super().__init__("http://localhost:8001")
        object.__setattr__(self, "failures", failures or {})
        object.__setattr__(self, "tries", [])

    failures: dict[int, Exception]
    tries: list[dict[str, str]]

    def page(self, path: str, query: dict[str, str]) -> tuple[bytes, str | None]:
        self.tries.append(query)
        if failure := self.failures.get(len(self.tries)):
            raise failure
        answer = get(path, urlencode(query | {"limit": "2"}))
        if answer.status != 200:
            raise HTTPError(path, answer.status, "", answer.headers, None)  # type: ignore[arg-type]
        return answer.content, answer.headers.get("x-next-cursor")


@pytest.fixture(autouse=True)
def seven_builds(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)
    store(dynamodb, *(a_build(run=str(n), started_at=NOW - n * 60_000) for n in range(7)))


def runs(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as text:
        return [row["id"].split(".")[-2] for row in csv.DictReader(text, strict=True)]


SEVEN = [str(n) for n in range(7)]


def test_it_writes_every_build_into_one_file(tmp_path: Path) -> None:
    out = tmp_path / "builds.csv"
    assert export(Handler(), Progress(out, ASKED), lambda _: None) == 7
    assert runs(out) == SEVEN
    assert list(tmp_path.iterdir()) == [out]
    assert export(Handler(), Progress(out, ASKED), lambda _: None) == 7
    assert runs(out) == SEVEN


def test_it_writes_json_lines(tmp_path: Path) -> None:
    out = tmp_path / "builds.ndjson"
    asked = {**ASKED, "format": "ndjson", "branch": "main"}
    assert export(Handler(), Progress(out, asked), lambda _: None) == 7
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["id"].split(".")[-2] for line in lines] == SEVEN


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_it_goes_on_where_it_was_stopped(tmp_path: Path, at: int) -> None:
    out = tmp_path / "builds.csv"
    with pytest.raises(Stopped):
        export(Handler({at: Stopped()}), Progress(out, ASKED), lambda _: None)
    assert not out.exists()
    with Progress(out, ASKED).part.open("ab") as part:
        part.write(b"half a li")  # what a dying process had written of the next page
    again = Handler()
    assert export(again, Progress(out, ASKED), lambda _: None) == 7
    assert len(again.tries) == 5 - at
    at_once = tmp_path / "at-once.csv"
    export(Handler(), Progress(at_once, ASKED), lambda _: None)
    assert out.read_bytes() == at_once.read_bytes()


def test_it_begins_anew_where_something_else_is_asked(tmp_path: Path) -> None:
    out = tmp_path / "builds.csv"
    with pytest.raises(Stopped):
        export(Handler({3: Stopped()}), Progress(out, ASKED), lambda _: None)
    other: dict[str, Any] = {**ASKED, "branch": "none"}
    assert export(Handler(), Progress(out, other), lambda _: None) == 0
    assert runs(out) == []


def test_it_tries_again_what_may_heal_and_says_what_does_not(tmp_path: Path) -> None:
    busy: Any = HTTPError("", 503, "busy", {}, None)  # type: ignore[arg-type]
    pauses: list[float] = []
    healing = Handler({2: busy, 3: URLError("reset")})
    assert export(healing, Progress(tmp_path / "a.csv", ASKED), pauses.append) == 7
    assert pauses == [1, 5]
    with pytest.raises(CannotExportError, match="make run"):
        export(
            Handler(dict.fromkeys(range(1, 9), URLError("refused"))),
            Progress(tmp_path / "b.csv", ASKED),
            pauses.append,
        )
