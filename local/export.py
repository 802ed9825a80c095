"""`make export`: every build there is, or those that filters let through, into one file.

Stopped, the same command goes on where it was; run again afterwards, it writes the file anew. While builds
arrive, a file holds those that there were when it was begun.
"""

import argparse
import gzip
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError
from tqdm import tqdm

from local.secret import NoSecretError, api_url, place, value
from local.settings import BadSettingError

FILTERS: Final = ("provider", "repo", "pipeline", "branch", "status", "from", "to")
PAGE: Final = 2_000  # builds; the API gives fewer where they would not fit
_PATIENCE: Final = 60  # seconds for an answer; API Gateway itself gives up after 30
_PAUSES: Final = (1, 5, 15)  # seconds before a further try of what may heal


class CannotExportError(Exception):
    """The message says what is wrong and what to do about it."""


@dataclass(frozen=True)
class Api:
    url: str
    token: str = ""

    def page(self, path: str, query: dict[str, str]) -> tuple[bytes, str | None]:
        """A page, and the cursor of the next one."""
        headers = {"Accept-Encoding": "gzip"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(f"{self.url}{path}?{urlencode(query)}", headers=headers)
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            content, told = answer.read(), answer.headers
        packed = told.get("Content-Encoding") == "gzip"
        return gzip.decompress(content) if packed else content, told.get("X-Next-Cursor")


@dataclass
class Progress:
    """What is written so far: a file beside the one that is wanted, and how to go on from its end."""

    out: Path
    asked: dict[str, str]
    cursor: str | None = None
    size: int = 0
    rows: int = 0

    @property
    def part(self) -> Path:
        return self.out.with_name(f"{self.out.name}.part")

    @property
    def state(self) -> Path:
        return self.out.with_name(f"{self.out.name}.part.json")

    def resume(self) -> None:
        """Where the same was asked before and not finished; what was half written is written again."""
        if not (self.state.exists() and self.part.exists()):
            self.part.write_bytes(b"")
            return
        known = json.loads(self.state.read_text(encoding="utf-8"))
        if known.pop("asked") == self.asked and self.part.stat().st_size >= known["size"]:
            self.cursor, self.size, self.rows = known["cursor"], known["size"], known["rows"]
        with self.part.open("r+b") as file:
            file.truncate(self.size)

    def add(self, content: bytes, cursor: str | None) -> int:
        """The page first, then that it is there: whatever dies in between, no build is twice in the file."""
        with self.part.open("ab") as file:
            file.write(content)
        rows = content.count(b"\n")
        self.cursor, self.size, self.rows = cursor, self.size + len(content), self.rows + rows
        known = {"asked": self.asked, "cursor": cursor, "size": self.size, "rows": self.rows}
        fresh = self.state.with_suffix(".new")
        fresh.write_text(json.dumps(known), encoding="utf-8")
        fresh.replace(self.state)
        return rows

    def finish(self) -> None:
        self.part.replace(self.out)
        self.state.unlink(missing_ok=True)


def main() -> None:
    options = _options()
    try:
        rows = _run(options)
    except (CannotExportError, NoSecretError, BadSettingError, BotoCoreError, ClientError, OSError) as error:
        sys.exit(f"make export: {error}")
    except KeyboardInterrupt:
        sys.exit("Stopped. The same command goes on from here.")
    print(f"{options.out}: {rows} builds.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make export",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="STACK=name: of a stack on AWS. READ_TOKEN: where readers need another than the stack's own.",
    )
    parser.add_argument("--out", type=Path, default=Path("builds.csv"), help="(default: builds.csv)")
    parser.add_argument("--format", choices=("csv", "ndjson"), help="(default: by the name of the file)")
    for name in FILTERS:
        parser.add_argument(f"--{name}", help="as in GET /builds")
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    kind = options.format or ("ndjson" if options.out.suffix in (".ndjson", ".jsonl") else "csv")
    given = {name: getattr(options, name) for name in FILTERS}
    api = _api()
    asked = {"url": api.url, "format": kind, **{name: text for name, text in given.items() if text}}
    return export(api, Progress(options.out, asked), time.sleep)


def _api() -> Api:
    """Of this machine's stack, or of STACK on AWS."""
    clients, stack, url = place()
    url = url or api_url(clients, stack)
    if os.environ.get("READ_TOKEN"):
        return Api(url, os.environ["READ_TOKEN"])
    try:
        return Api(url, value(clients, stack, "read"))
    except NoSecretError:
        return Api(url)


def export(api: Api, progress: Progress, sleep: Callable[[float], None]) -> int:
    """How many builds there are in the file."""
    progress.resume()
    with tqdm(initial=progress.rows, unit=" builds", desc=progress.out.name, disable=None) as bar:
        for content, cursor in _pages(api, progress, sleep):
            bar.update(progress.add(content, cursor))
    header = progress.asked["format"] == "csv"
    progress.finish()
    return progress.rows - header


def _pages(
    api: Api, progress: Progress, sleep: Callable[[float], None]
) -> Iterator[tuple[bytes, str | None]]:
    path = f"/export/builds.{progress.asked['format']}"
    query = {name: text for name, text in progress.asked.items() if name in FILTERS} | {"limit": str(PAGE)}
    begun = progress.size > 0
    while not begun or progress.cursor:
        begun = True
        more = {"cursor": progress.cursor} if progress.cursor else {}
        yield _patiently(api, path, query | more, sleep)


def _patiently(
    api: Api, path: str, query: dict[str, str], sleep: Callable[[float], None]
) -> tuple[bytes, str | None]:
    for pause in (*_PAUSES, None):
        try:
            return api.page(path, query)
        except urllib.error.HTTPError as error:
            if pause is None or error.code not in (429, 500, 502, 503, 504):
                raise CannotExportError(_told(error)) from error
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            if pause is None:
                raise CannotExportError(
                    f"{api.url} does not answer ({error}). If it is of this machine, start it: make run"
                ) from error
        sleep(pause)
    raise AssertionError("the last try returns or raises")


def _told(error: urllib.error.HTTPError) -> str:
    """What the API says, where it is ours; a gateway's own words else."""
    headers: Message = error.headers
    if headers.get_content_type() == "application/problem+json":
        return str(json.loads(error.read())["detail"])
    advice = "; give READ_TOKEN=..." if error.code in (401, 403) else ""
    return f"{error.code} {error.reason}{advice}"


if __name__ == "__main__":
    main()
