"""The read API: every GET route, thin. What is asked and answered is described in pipeline_health.api."""

import logging
import time
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final

from pipeline_health.api.deferred import deferred

with deferred():  # its models of OpenAPI, a sixth of a cold start, are for who asks for /openapi.json
    import fastapi.openapi.models  # noqa: F401

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError
from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from mangum import Mangum
from mangum.types import LambdaContext
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from pipeline_health import VERSION
from pipeline_health.adapters import reading_tables as tables
from pipeline_health.adapters.outage import is_passing
from pipeline_health.api import docs, problems
from pipeline_health.api import questions as q
from pipeline_health.api.job_questions import JobMetricsQuestion
from pipeline_health.flows.changes import Changes
from pipeline_health.flows.pipeline import OnePipeline
from pipeline_health.flows.pipelines import Pipelines
from pipeline_health.flows.reading import Reading
from pipeline_health.flows.rows import Rows
from pipeline_health.providers.refusal import Refusal

logger = Logger()
logging.getLogger("mangum.http").disabled = True  # it would log every request and crash a second time


# DynamoDB's throttling is over within seconds.
HEADERS: Final = {405: {"Allow": "GET"}, 503: {"Retry-After": "2"}}
# All that we answer but /docs' pictures; whatever is none of these travels as base64, a third longer.
TEXTS: Final = (
    "text/",
    "application/json",
    "application/problem+json",
    "application/xml",
    "application/atom+xml",
    "application/openmetrics-text",
    "application/x-ndjson",
    "image/svg+xml",
)
# How the routes of outputs.py begin. They are set up for who asks for one: the page's cold start has none.
OUTPUTS: Final = ("/badge/", "/cctray.xml", "/changes.atom", "/export/", "/metrics/openmetrics")


class Json(JSONResponse):
    """The same text four times as fast: a series by hour holds thousands of numbers."""

    def render(self, content: Any) -> bytes:
        return to_json(content)


def reading() -> Reading:
    return Reading(tables.builds_table(), tables.metrics_table(), tables.settings().reach)


def asked_once(request: Request) -> None:
    problems.refuse_repeated(name for name, _ in request.query_params.multi_items())


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """By an app of its own, once it is asked for: what describes answers is a fifth of a cold start."""
        from pipeline_health.api import description, words  # noqa: PLC0415

        if self.openapi_schema:
            return self.openapi_schema
        described = FastAPI(
            title=words.TITLE,
            summary=words.SUMMARY,
            description=words.DESCRIPTION,
            version=VERSION,
            openapi_tags=words.TAGS,
            responses=words.COMMON,
        )
        for route in self.routes:
            if isinstance(route, APIRoute) and (said := description.ROUTES.get(route.path)):
                described.add_api_route(route.path, route.endpoint, **said)
        described.include_router(outputs())
        self.openapi_schema = described.openapi()
        # Problems are the answer to no route alone, so FastAPI would not describe them.
        self.openapi_schema["components"]["schemas"].update(words.PROBLEM_SCHEMAS)
        return self.openapi_schema


app = Api(docs_url=None, redoc_url=None, redirect_slashes=False, dependencies=[Depends(asked_once)])


@app.get("/health")
async def health(_: Annotated[q.Nothing, Query()]) -> Response:
    """Whether the service runs. It touches no storage, so that a storage outage does not restart anything."""
    return Json({"status": "ok"})


@app.get("/config")
async def config(_: Annotated[q.Nothing, Query()]) -> Response:
    """What a page needs to know: where builds are told live, and whether a token is needed."""
    chosen = tables.settings()
    return Json({"websocket_url": chosen.WEBSOCKET_URL, "auth": chosen.AUTH == "on", "version": VERSION})


@app.get("/builds")
async def builds(asked: Annotated[q.BuildsQuestion, Query()]) -> Response:
    """Builds, newest started first, of everything or of what the filters let through."""
    return Json(reading().page(asked, tables.now()))


@app.get("/builds/latest")
async def latest(asked: Annotated[q.LatestQuestion, Query()]) -> Response:
    """The build of a pipeline that started last, in any state; `repo` and `branch` narrow it."""
    return Json(reading().latest(asked, tables.now()))


@app.get("/builds/{id}")
async def build(
    build_id: Annotated[
        str,
        Path(alias="id", description="The id of the build.", examples=["github.4711.990001.15720345678.1"]),
    ],
    _: Annotated[q.Nothing, Query()],
) -> Response:
    """One build, with its log excerpt and its jobs."""
    return Json(reading().one(build_id))


@app.get("/pipelines")
async def pipelines(asked: Annotated[q.PipelinesQuestion, Query()]) -> Response:
    """How each pipeline stands, by the builds of its default branch."""
    return Json(Pipelines(tables.metrics_table()).page(asked))


@app.get("/pipelines/{id}")
async def pipeline(
    pipeline_id: Annotated[
        str,
        Path(alias="id", description="The id of the pipeline.", examples=["github.4711.990001"]),
    ],
    asked: Annotated[q.PipelineQuestion, Query()],
) -> Response:
    """One pipeline: its branches, what changed, and whether it is flaky, slower, silent or stuck."""
    flow = OnePipeline(tables.metrics_table(), tables.builds_table(), tables.pipeline_numbers())
    return Json(flow.view(pipeline_id, asked, tables.now()))


@app.get("/changes")
async def changes(asked: Annotated[q.ChangesQuestion, Query()]) -> Response:
    """What broke and what was fixed, newest first, as it is known today: a late build may rewrite it."""
    flow = Changes(tables.metrics_table(), tables.builds_table(), tables.settings().reach)
    return Json(flow.page(asked, tables.now()))


@app.get("/metrics/summary")
async def summary(asked: Annotated[q.MetricsQuestion, Query()]) -> Response:
    """One window as a whole, and how far every figure has moved against the window before."""
    return Json(tables.metrics().summary(asked, tables.now()))


@app.get("/metrics/timeseries")
async def timeseries(asked: Annotated[q.TimeseriesQuestion, Query()]) -> Response:
    """The same figures hour by hour or day by day, empty ones included."""
    return Json(tables.metrics().timeseries(asked, tables.now()))


@app.get("/metrics/pipelines")
async def by_pipeline(asked: Annotated[q.PipelineMetricsQuestion, Query()]) -> Response:
    """The same figures pipeline by pipeline."""
    flow = Rows(tables.metrics_table(), tables.pipeline_numbers())
    return Json(flow.page(asked, tables.now()))


@app.get("/metrics/jobs")
async def by_job(asked: Annotated[JobMetricsQuestion, Query()]) -> Response:
    """Which job of a pipeline fails most, and at which step; is slowest; waits longest (GitHub Actions)."""
    return Json(tables.job_metrics().page(asked, tables.now()))


@app.get("/docs", include_in_schema=False)
@app.get("/docs/{name}", include_in_schema=False)
async def documentation(request: Request, name: str = "") -> Response:
    found = docs.serve(name, request.headers)
    if found is None:
        raise HTTPException(404)
    return Response(found.content, found.status, found.headers)


async def problem(request: Request, error: Exception) -> Response:
    refusal = refusal_of(request, error)
    headers = HEADERS.get(refusal.status)
    return Json(refusal.document(), refusal.status, headers, problems.PROBLEM_JSON)


def refusal_of(request: Request, error: Exception) -> Refusal:
    match error:
        case Refusal():
            return error
        case RequestValidationError():
            return problems.invalid(error.errors(), allowed(request))
        case HTTPException():
            return Refusal(error.status_code, error.detail)
    logger.error("failed", exc_info=error)
    if is_passing(error):
        return Refusal(503, "Storage is busy; ask again in a moment.")
    return Refusal(500, "This is our fault; the log knows more.")


def allowed(request: Request) -> list[str]:
    """The parameters of the route's question."""
    (asked,) = request.scope["route"].dependant.query_params
    fields = asked.field_info.annotation.model_fields
    return [field.alias or name for name, field in fields.items()]


def outputs() -> APIRouter:
    if TYPE_CHECKING or __package__:
        from functions.metrics import outputs  # noqa: PLC0415
    else:  # Lambda puts this folder itself on the path
        import outputs  # noqa: PLC0415
    return outputs.router


@cache
def add_outputs() -> None:
    app.include_router(outputs())


for kind in (Refusal, RequestValidationError, HTTPException, ClientError, BotoCoreError, Exception):
    app.add_exception_handler(kind, problem)

# API Gateway's HTTP APIs compress nothing, and hand on what a function has packed as it is.
app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=6)

_respond = Mangum(app, lifespan="off", text_mime_types=list(TEXTS))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    began = time.perf_counter()
    if event["rawPath"].startswith(OUTPUTS):
        add_outputs()
    response = _respond(event, context)
    status = response["statusCode"]
    took = round(1000 * (time.perf_counter() - began), 1)
    logger.info("answered", route=event.get("routeKey"), path=event.get("rawPath"), status=status, ms=took)
    if status >= 500:  # Lambda counts no error: Mangum turns a crash into a normal answer
        with single_metric(f"api_{status}", MetricUnit.Count, 1):
            pass
    return response
