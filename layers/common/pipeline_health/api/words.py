"""The words of the API's documentation that belong to no single parameter or field."""

from typing import Any, Final

from pipeline_health.api.answers import Problem

TITLE: Final = "Pipeline Health"
SUMMARY: Final = "Builds of every CI system in one place, and numbers you can trust."
DESCRIPTION: Final = """
Times are RFC 3339 in UTC with `Z`; durations are seconds; rates are percent, or null where there is nothing
to divide by. Errors are `application/problem+json` (RFC 9457) with `errors` naming the parameters. An unknown
or repeated parameter is refused: a misspelt filter would be answered about everything.

**Windows** are whole hours in UTC: `to` is the next full hour, `from` is `to` - window; half-open [from, to),
by completion. **Conclusive** builds are those that ended in success or failure; cancelled and skipped ones
say nothing about the code. **A build** is one attempt of one run: every re-run is its own build.

Lists come in pages: `next` is the `cursor` of the next page, null at the end. A page may be short.
"""
TAGS: Final = [
    {"name": "Builds", "description": "Every build, newest first, and each by itself."},
    {"name": "Metrics", "description": "Success rates, durations, recoveries; each beside its counts."},
    {"name": "Pipelines", "description": "How each pipeline stands, and what changed."},
    {"name": "Outputs", "description": "For tools that you have already: READMEs, monitors, feeds."},
    {"name": "Service", "description": "About this deployment."},
]


_REFERENCE: Final = "#/components/schemas/{model}"
_PROBLEM: Final = Problem.model_json_schema(ref_template=_REFERENCE)
PROBLEM_SCHEMAS: Final[dict[str, Any]] = {**_PROBLEM.pop("$defs"), "Problem": _PROBLEM}


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(model="Problem")}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


COMMON: Final[dict[int | str, dict[str, Any]]] = {
    422: _problem("A parameter is unknown, repeated or not usable; `errors` names it."),
    500: _problem("Our fault."),
    503: _problem("Storage is busy; ask again after `Retry-After` seconds."),
}
NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {404: _problem("There is none.")}
