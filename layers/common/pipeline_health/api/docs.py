"""/docs: Swagger UI from local files, because a browser inside a company often reaches no CDN."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from gzip import compress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final

# No inline script or style and nothing from elsewhere; Swagger UI's icons are data: URLs in its own CSS.
SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pipeline Health API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START: Final = """window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  presets: [SwaggerUIBundle.presets.apis],
});
"""
_PACKAGED: Final = ("swagger-ui.css", "swagger-ui-bundle.js")
_TYPES: Final = {"": "text/html", ".css": "text/css", ".js": "text/javascript"}


@dataclass(frozen=True)
class File:
    content: bytes
    packed: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Served:
    status: int
    content: bytes
    headers: dict[str, str]


def serve(name: str, asked: Mapping[str, str]) -> Served | None:
    """The page, whose name is empty, or a file it needs; None for any other name.

    `asked` are the request's headers. Packed, all of it is far below the 6 MB that a function may answer.
    """
    file = _file(name)
    if file is None:
        return None
    if asked.get("if-none-match") == file.headers["ETag"]:
        return Served(304, b"", file.headers)
    if "gzip" in asked.get("accept-encoding", ""):
        return Served(200, file.packed, {**file.headers, "Content-Encoding": "gzip"})
    return Served(200, file.content, file.headers)


@cache
def _file(name: str) -> File | None:
    content = _content(name)
    if content is None:
        return None
    headers = {
        "Content-Type": f"{_TYPES[Path(name).suffix]}; charset=utf-8",
        "ETag": f'"{sha256(content).hexdigest()[:16]}"',
        "Cache-Control": "public, max-age=3600" if name in _PACKAGED else "no-cache",
        "Vary": "Accept-Encoding",
        **SECURITY,
    }
    return File(content, compress(content, compresslevel=6, mtime=0), headers)


def _content(name: str) -> bytes | None:
    if name in _PACKAGED:
        return (_static() / name).read_bytes()
    return {"": _PAGE.encode(), "start.js": _START.encode()}.get(name)


@cache
def _static() -> Path:
    """Where the package that ships Swagger UI keeps it; found without importing its Python."""
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("fastapi-offline is not installed")
    return Path(spec.origin).parent / "static"
