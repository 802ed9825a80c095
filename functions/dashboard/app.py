"""The page: static files beside this one, packed once, cached for ever under the digest of them all.

Nothing but the standard library, so that a cold start costs next to nothing.
"""

import base64
import gzip
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

Event = dict[str, Any]
Reply = dict[str, Any]

STATIC: Final = Path(__file__).parent / "static"
PAGE: Final = "index.html"
TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
}
ORIGIN: Final = re.compile(r"https?://[\w.:*-]+", re.ASCII)
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"  # may be kept, but is asked for again with its ETag


class File(NamedTuple):
    """A named tuple: to import dataclasses takes a third of this function's start."""

    content: bytes
    packed: bytes
    type: str
    etag: str


@cache
def files() -> Mapping[str, File]:
    """By name. The page names the others below their digest: a new version has new addresses."""
    contents = {str(path.relative_to(STATIC)): path.read_bytes() for path in STATIC.rglob("*.*")}
    contents[PAGE] = contents[PAGE].replace(b'"static/', f'"static/{digest()}/'.encode())
    return {name: _file(name, content) for name, content in contents.items() if Path(name).suffix in TYPES}


@cache
def digest() -> str:
    """Of all files together: modules name each other by relative paths, so they change as one."""
    whole = hashlib.sha256()
    for path in sorted(STATIC.rglob("*.*")):
        whole.update(f"{path.relative_to(STATIC)}\0".encode() + path.read_bytes())
    return whole.hexdigest()[:12]


def _file(name: str, content: bytes) -> File:
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    return File(content, gzip.compress(content, mtime=0), f"{TYPES[Path(name).suffix]}; charset=utf-8", etag)


@cache
def security() -> Mapping[str, str]:
    """No inline code, nothing from elsewhere, and no connection but to the API and its WebSocket."""
    socket = urlsplit(os.environ.get("WEBSOCKET_URL", ""))
    live = f" {socket.scheme}://{socket.netloc}" if socket.netloc else ""
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'{live}; frame-ancestors {_frames()}; base-uri 'none'; form-action 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def _frames() -> str:
    """Who may show the page in a frame: origins alone, so that nothing else gets into the policy."""
    named = os.environ.get("FRAME_ANCESTORS", "").split(",")
    return " ".join(filter(ORIGIN.fullmatch, named)) or "'none'"


def handler(event: Event, _context: object) -> Reply:
    began = time.perf_counter()
    path = (event.get("pathParameters") or {}).get("file")
    reply = serve(path, event.get("headers") or {})
    _log(path or "/", reply["statusCode"], round(1000 * (time.perf_counter() - began), 1))
    return reply


def serve(path: str | None, asked: Mapping[str, str]) -> Reply:
    """`path` is what follows /static/, None for the page; `asked` are the request's headers."""
    version, _, name = (path or f"/{PAGE}").partition("/")
    file = files().get(name) if path is None or name != PAGE else None
    if file is None:
        return {"statusCode": 404, "headers": {**security(), "Cache-Control": ASK_AGAIN}}
    asked = {key.lower(): value for key, value in asked.items()}
    headers = {
        **security(),
        "Content-Type": file.type,
        "Cache-Control": FOR_EVER if version == digest() else ASK_AGAIN,
        "ETag": file.etag,
        "Vary": "Accept-Encoding",
    }
    if file.etag in asked.get("if-none-match", ""):
        return {"statusCode": 304, "headers": headers}
    if "gzip" in asked.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return _reply(headers, base64.b64encode(file.packed).decode(), packed=True)
    return _reply(headers, file.content.decode(), packed=False)


def _reply(headers: Mapping[str, str], body: str, *, packed: bool) -> Reply:
    return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": packed}


def _log(path: str, status: int, milliseconds: float) -> None:
    said = {"level": "INFO", "service": "dashboard", "message": "served", "path": path[:200]}
    json.dump({**said, "status": status, "ms": milliseconds}, sys.stdout)
    sys.stdout.write("\n")
