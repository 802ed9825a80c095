"""The API's own documentation: whole, true, and usable without the internet."""

import gzip
import re
import subprocess
import sys
from typing import Any, Final

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel

from functions.metrics import api
from pipeline_health import VERSION
from pipeline_health.api import answers, examples, jobs, numbers, output_answers, pipeline_answers
from tests.reading import get, serve
from tests.template import ROOT, resources

SPECIFICATION: Final = api.app.openapi()
ROUTES: Final = {path: methods["get"] for path, methods in SPECIFICATION["paths"].items()}


@pytest.fixture(autouse=True)
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def test_it_is_valid_openapi() -> None:
    validate(get("/openapi.json").json)


def test_it_documents_every_route_that_api_gateway_sends_here() -> None:
    events = resources("AWS::Serverless::Function")["ApiFunction"]["Properties"]["Events"].values()
    paths = {event["Properties"]["Path"] for event in events}
    documented = {"/badge/{proxy+}" if path.startswith("/badge/") else path for path in ROUTES}
    assert paths - {"/docs", "/docs/{file+}", "/openapi.json"} == documented


def test_it_describes_every_route_and_every_parameter_with_an_example() -> None:
    for path, route in ROUTES.items():
        assert route["description"], path
        for parameter in route.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])
            assert parameter["schema"]["examples"], (path, parameter["name"])


def test_it_documents_each_answer_and_each_problem() -> None:
    for path, route in ROUTES.items():
        assert {"200", "422", "500", "503"} <= set(route["responses"]), path
        ((media, said),) = route["responses"]["200"]["content"].items()
        assert "$ref" in said["schema"] if media == "application/json" else said["example"], path
        for status in set(route["responses"]) - {"200", "304"}:
            assert list(route["responses"][status]["content"]) == ["application/problem+json"], path


def test_it_gives_a_definition_beside_each_number() -> None:
    schemas = SPECIFICATION["components"]["schemas"]
    for name in ("Figures", "Durations", "Queue", "Recovery", "Summary", "Job", "JobFigures", "Waits"):
        for field, schema in schemas[name]["properties"].items():
            assert "description" in schema or "$ref" in schema, (name, field)


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (answers.Build, answers.BUILD_EXAMPLE),
        (answers.BuildWithLogs, answers.DETAILED_EXAMPLE),
        (jobs.JobMetrics, jobs.EXAMPLE),
        (numbers.Summary, examples.SUMMARY),
        (numbers.Timeseries, examples.TIMESERIES),
        (numbers.PipelineMetrics, examples.PIPELINES),
        (pipeline_answers.OnePipeline, examples.PIPELINE),
        (output_answers.ShieldsBadge, output_answers.SHIELDS_EXAMPLE),
    ],
)
def test_its_examples_are_answers_that_could_be_given(model: type[BaseModel], example: Any) -> None:
    model.model_validate(example)


def test_its_page_loads_nothing_from_elsewhere_and_runs_nothing_inline() -> None:
    page = get("/docs")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    linked = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert linked == ["data:,", "docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"]
    assert all(get(f"/{link}").status == 200 for link in linked[1:])
    assert not re.search(rb"<script>|<style|style=|\son\w+=", page.content)


def test_its_files_forbid_what_they_do_not_need() -> None:
    for name in ("", "/start.js", "/swagger-ui.css", "/swagger-ui-bundle.js"):
        headers = get(f"/docs{name}").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]


def test_it_sends_its_files_packed_and_only_once() -> None:
    plain = get("/docs/swagger-ui-bundle.js")
    packed = get("/docs/swagger-ui-bundle.js", headers={"accept-encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < 500_000
    again = get("/docs/swagger-ui-bundle.js", headers={"if-none-match": packed.headers["etag"]})
    assert (again.status, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["start", "redoc.standalone.js", "../api.py", "%2e%2e/api.py", "index.html"])
def test_it_serves_no_other_file(name: str) -> None:
    assert get(f"/docs/{name}").status == 404


def test_it_answers_health_without_any_setting_or_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILDS_TABLE")
    answer = get("/health")
    assert (answer.status, answer.json) == (200, {"status": "ok"})


def test_it_tells_a_page_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH", "on")
    said = get("/config").json
    assert said == {"websocket_url": "ws://localhost:8001/ws", "auth": True, "version": VERSION}


def test_its_version_is_the_package_s() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_a_cold_start_for_the_page_does_not_pay_for_other_tools_or_the_description() -> None:
    code = (
        "import sys, functions.metrics.api as api; "
        "theirs = ('functions.metrics.outputs', 'pipeline_health.api.output', 'pipeline_health.api.answers', "
        "'pipeline_health.api.numbers', 'pipeline_health.api.words', 'pipeline_health.api.description'); "
        "print([name for name in sys.modules if name.startswith(theirs)]); "
        "api.app.openapi(); "
        "from functions.metrics.outputs import router; "
        "print([route.path for route in router.routes if not route.path.startswith(api.OUTPUTS)])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT}/layers/common", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout == "[]\n[]\n"
