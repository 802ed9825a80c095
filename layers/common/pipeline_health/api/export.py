"""Builds as text, a line each: CSV (RFC 4180) for spreadsheets, JSON lines for programs."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from pipeline_health.api import answers
from pipeline_health.domain.build import Build
from pipeline_health.domain.view import build_view

Lines = Callable[[Iterable[Build]], Iterator[str]]

NDJSON: Final = "application/x-ndjson"
# Bytes of a page. A function's whole answer is JSON of at most 6 MB, in which a text may double its length.
MOST: Final = 2_500_000
COLUMNS: Final = tuple(answers.Build.model_fields)
# https://owasp.org/www-community/attacks/CSV_Injection; wide ones do the same in East Asian spreadsheets.
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001


@dataclass(frozen=True)
class Exported:
    """One page; `next` is the cursor of the next one."""

    text: str
    next: str | None


def csv_type(*, header: bool) -> str:
    return f"text/csv; charset=utf-8; header={'present' if header else 'absent'}"


def csv_lines(builds: Iterable[Build], *, header: bool) -> Iterator[str]:
    """The header comes in one piece with the first build, or alone where there is none."""
    head = _row(COLUMNS) if header else ""
    for build in builds:
        view = build_view(build)
        yield head + _row(_cell(view[name]) for name in COLUMNS)
        head = ""
    if head:
        yield head


def ndjson_lines(builds: Iterable[Build]) -> Iterator[str]:
    return (f"{json.dumps(build_view(build), ensure_ascii=False)}\n" for build in builds)


def packed(lines: Iterable[str]) -> tuple[str, int]:
    """As many lines as a page holds, the first one whatever its length, and how many they are."""
    page: list[str] = []
    size = 0
    for line in lines:
        size += len(line.encode())
        if page and size > MOST:
            break
        page.append(line)
    return "".join(page), len(page)


def next_page(asked: Mapping[str, str], cursor: str | None) -> dict[str, str]:
    """Headers that lead on (RFC 8288), relative to where this page was asked."""
    if cursor is None:
        return {}
    query = urlencode({**asked, "cursor": cursor})
    return {"Link": f'<?{query}>; rel="next"', "X-Next-Cursor": cursor}


def _row(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def _cell(value: object) -> object:
    """Nobody's text becomes a formula in somebody else's spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
