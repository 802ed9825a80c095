"""Every key string of every table is built here."""

import re
from typing import Final

from pipeline_health.domain.build import Build, digest

_PLAIN: Final = re.compile(r"[A-Za-z0-9._/ -]{1,100}")
RECENT_SHARDS: Final = 4  # one partition takes 1,000 writes a second; four are beyond any team's CI


def part(name: str) -> str:
    """A name as part of a key: itself where short and plain, else its digest, never ambiguous."""
    return name if _PLAIN.fullmatch(name) else f"~{digest(name, length=32)}"


def build_key(build: Build) -> dict[str, str]:
    return {"pk": build.pipeline_id, "sk": f"{build.run}.{build.attempt}"}


def build_key_of(build_id: str) -> dict[str, str]:
    """The key behind a build's id; ValueError when it cannot be one."""
    pipeline_id, run, attempt = build_id.rsplit(".", 2)
    return {"pk": pipeline_id, "sk": f"{run}.{attempt}"}
