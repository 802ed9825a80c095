"""What other tools read: badges, build monitors, feeds. Thin: the words are in pipeline_health.api.

Each route imports what it needs when it is asked: a cold start for a page must not pay for a feed.
"""

# ruff: noqa: PLC0415  # see above

from functools import lru_cache, partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from pipeline_health.adapters import reading_tables as tables
from pipeline_health.api import output_answers as said
from pipeline_health.api import output_questions as q
from pipeline_health.api.badge import Badge
from pipeline_health.api.caching import ASK_AGAIN, etag_of, is_known
from pipeline_health.api.questions import Nothing

router = APIRouter(tags=["Outputs"])

# A badge is a picture in somebody else's page: nothing in it runs and nothing is fetched.
_PICTURE: Final = {"Content-Security-Policy": "default-src 'none'; sandbox"}
Provider = Annotated[str, Path(description="The sender, such as `github`.", examples=["github"])]
Repo = Annotated[str, Path(description="The repository; its slashes may stand.", examples=["acme/shop"])]
Pipeline = Annotated[
    str,
    Path(
        description="The pipeline's name, or its id where several share the name or it may be renamed.",
        examples=["CI"],
    ),
]


def _text(media_type: str, example: str) -> dict[str, Any]:
    """How a route that answers no JSON is described."""
    return {"response_class": Response, "responses": said.as_text(media_type, example)}


def _fresh(request: Request, content: bytes, media_type: str, **headers: str) -> Response:
    """Sent only where the reader has not got it already."""
    etag = etag_of(content)
    told = {"Cache-Control": ASK_AGAIN, "ETag": etag, "X-Content-Type-Options": "nosniff", **headers}
    if is_known(etag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=told)
    return Response(content, headers=told, media_type=media_type)


def _root(request: Request) -> str:
    """Of everything here, with its slash; the page is there."""
    return f"{tables.settings().scheme}://{request.headers['host']}/"


def _badge(provider: str, path: str, asked: q.BadgeQuestion) -> Badge:
    from pipeline_health.flows.badges import Badges

    table = tables.metrics_table()
    return Badges(table, _names(table), tables.metrics().figures).badge(provider, path, asked, tables.now())


@lru_cache(maxsize=1)
def _names(table: Any) -> Any:
    """For as long as this process lives."""
    from pipeline_health.flows.badges import Names

    return Names(table)


@router.get("/badge/{provider}/{repo:path}/{pipeline}.svg", **_text("image/svg+xml", said.SVG_EXAMPLE))
async def badge_picture(
    request: Request,
    provider: Provider,
    repo: Repo,
    pipeline: Pipeline,
    asked: Annotated[q.BadgeQuestion, Query()],
) -> Response:
    """A badge for a README. A pipeline that is not known has a grey one."""
    from pipeline_health.api.badge import svg

    content = svg(_badge(provider, f"{repo}/{pipeline}", asked)).encode()
    return _fresh(request, content, "image/svg+xml", **_PICTURE)


@router.get(
    "/badge/{provider}/{repo:path}/{pipeline}.json",
    response_model=said.ShieldsBadge,
    responses=said.UNCHANGED,
)
async def badge_for_shields(
    request: Request,
    provider: Provider,
    repo: Repo,
    pipeline: Pipeline,
    asked: Annotated[q.BadgeQuestion, Query()],
) -> Response:
    """The same for shields.io, as its endpoint badge takes it; shields.io must be let in to read it."""
    from pipeline_health.api.badge import shields

    document: dict[str, Any] = shields(_badge(provider, f"{repo}/{pipeline}", asked))
    return _fresh(request, bytes(JSONResponse(document).body), "application/json")


@router.get("/cctray.xml", **_text("application/xml", said.TRAY_EXAMPLE))
async def cctray(request: Request, asked: Annotated[q.TrayQuestion, Query()]) -> Response:
    """Every pipeline for CCMenu, Nevergreen and other build monitors (cctray.org, version 1)."""
    from pipeline_health.api import cctray as tray
    from pipeline_health.flows.monitors import Monitors

    projects = Monitors(tables.metrics_table(), _root(request)).projects(asked)
    return _fresh(request, tray.cctray(projects).encode(), tray.MEDIA_TYPE)


@router.get("/changes.atom", **_text("application/atom+xml", said.FEED_EXAMPLE))
async def feed(request: Request, asked: Annotated[q.FeedQuestion, Query()]) -> Response:
    """What broke and what was fixed, newest first, for a feed reader (Atom)."""
    from pipeline_health.api.atom import MEDIA_TYPE, Feed, atom
    from pipeline_health.flows.changes import Changes

    flow = Changes(tables.metrics_table(), tables.builds_table(), tables.settings().reach)
    root = _root(request)
    told = Feed(flow.newest(asked.limit, tables.now()), f"{root}changes.atom", root)
    return _fresh(request, atom(told).encode(), MEDIA_TYPE)


@router.get("/metrics/openmetrics", **_text("application/openmetrics-text", said.METRICS_EXAMPLE))
async def openmetrics(_: Annotated[Nothing, Query()]) -> Response:
    """Counters and gauges of every pipeline for Prometheus and whatever else reads OpenMetrics."""
    from pipeline_health.api.openmetrics import MEDIA_TYPE
    from pipeline_health.flows.scraping import Scraping

    content = Scraping(tables.metrics_table()).metrics()
    return Response(content, headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})


@router.get("/export/builds.csv", **_text("text/csv", said.CSV_EXAMPLE))
async def export_csv(request: Request, asked: Annotated[q.ExportQuestion, Query()]) -> Response:
    """Builds as a table (RFC 4180), newest started first, page by page: the next one is in the `Link` header,
    its cursor alone in `X-Next-Cursor`. Only the first page has a header row, so that pages may be joined.
    What a spreadsheet would take for a formula is quoted with an apostrophe.
    """
    from pipeline_health.api.export import csv_lines, csv_type

    first = asked.cursor is None
    return _exported(request, asked, partial(csv_lines, header=first), csv_type(header=first))


@router.get("/export/builds.ndjson", **_text("application/x-ndjson", said.NDJSON_EXAMPLE))
async def export_ndjson(request: Request, asked: Annotated[q.ExportQuestion, Query()]) -> Response:
    """Builds as JSON, one a line, in the same pages."""
    from pipeline_health.api.export import NDJSON, ndjson_lines

    return _exported(request, asked, ndjson_lines, NDJSON)


def _exported(request: Request, asked: q.ExportQuestion, lines: Any, media_type: str) -> Response:
    from pipeline_health.api.export import next_page
    from pipeline_health.flows.exporting import Exporting
    from pipeline_health.flows.reading import Reading

    reading = Reading(tables.builds_table(), tables.metrics_table(), tables.settings().reach)
    page = Exporting(reading).page(asked, tables.now(), lines)
    headers = {"Content-Type": media_type, "Cache-Control": "no-store"}
    return Response(page.text, headers={**headers, **next_page(request.query_params, page.next)})
