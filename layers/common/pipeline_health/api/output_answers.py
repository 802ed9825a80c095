"""Answers that other tools read, as OpenAPI documents them."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict

from pipeline_health.api.answers import Answer, described

SHIELDS_EXAMPLE: Final[dict[str, Any]] = {
    "schemaVersion": 1,
    "label": "CI",
    "message": "passing",
    "color": "#1a7f37",
    "cacheSeconds": 300,
}


class ShieldsBadge(Answer):
    """https://shields.io/badges/endpoint-badge"""

    model_config = ConfigDict(json_schema_extra={"example": SHIELDS_EXAMPLE})

    schemaVersion: Literal[1]  # noqa: N815  # shields' own names
    label: Annotated[str, described("The left text: which pipeline, and which number.")]
    message: Annotated[str, described("The right text.")]
    color: Annotated[str, described("Behind the right text.")]
    cacheSeconds: Annotated[int, described("For how long shields.io may show it.")]  # noqa: N815
    isError: Annotated[bool, described("Where there is nothing to tell of.")] = False  # noqa: N815


def as_text(media_type: str, example: str) -> dict[int | str, dict[str, Any]]:
    """A 200 that is no JSON."""
    told = {"schema": {"type": "string"}, "example": example}
    return {200: {"description": "As asked.", "content": {media_type: told}}, **UNCHANGED}


UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "You have it already: it is what `If-None-Match` names."}
}
SVG_EXAMPLE: Final = '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="CI: passing">...</svg>'
TRAY_EXAMPLE: Final = (
    '<Projects><Project name="CI" activity="Sleeping" lastBuildStatus="Failure" lastBuildLabel="128" '
    'lastBuildTime="2026-11-23T10:04:12Z" webUrl="https://ci-health.example.com/?pipeline=github.4711.990001"/>'
    "</Projects>"
)
METRICS_EXAMPLE: Final = """# TYPE pipeline_health_builds counter
# HELP pipeline_health_builds Completed builds since the first one; every attempt is a build.
pipeline_health_builds_total{provider="github",repository="acme/shop",cicd_pipeline_name="CI",...} 41
# EOF
"""
CSV_EXAMPLE: Final = "id,provider,repo,...\r\ngithub.4711.990001.15720345678.1,github,acme/shop,...\r\n"
NDJSON_EXAMPLE: Final = '{"id": "github.4711.990001.15720345678.1", "provider": "github", ...}\n'
FEED_EXAMPLE: Final = (
    '<feed xmlns="http://www.w3.org/2005/Atom">...<entry><title>CI broke on main</title>...</entry></feed>'
)
