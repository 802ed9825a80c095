"""Which job a Jenkins build belongs to, read from the build's address alone.

The address is the one thing that is the same in every phase: what was checked out (scm) often comes late, so
it may label a build and never decide which build it is.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from pipeline_health.domain.build import digest
from pipeline_health.providers.refusal import unusable

_FIELD: Final = "build.full_url"
_EXAMPLE: Final = "https://ci.example.com/job/app/18/"
_SLASH: Final = re.compile(r"%(25)?2f", re.IGNORECASE)
_BRANCH_NAMES: Final = frozenset({"main", "master", "develop", "dev", "trunk"})
_CHANGE_REQUEST: Final = re.compile(r"(PR|MR)-\d+")


@dataclass(frozen=True)
class Job:
    """`branch` is known where the job is a branch of a multibranch project."""

    host: str
    root: str  # of the Jenkins server, which may stand under a path
    path: tuple[str, ...]
    branch: str | None
    number: int

    @property
    def name(self) -> str:
        return "/".join(self.path)

    @property
    def pipeline_id(self) -> str:
        return f"jenkins.{digest(self.root, *self.path)}"


def job_of(full_url: str, multibranch: bool | None) -> Job:
    """Refusal (422) when it is no build's address. `multibranch` None means: guess by the job's name."""
    address = urlsplit(full_url)
    before, found, after = address.path.rstrip("/").partition("/job/")
    *parts, number = _job_parts(after)
    if not (found and parts and all(parts) and re.fullmatch(r"\d{1,15}", number, re.ASCII)):
        raise unusable(_FIELD, f"must be the address of a build, such as {_EXAMPLE}")
    *project, last = parts
    is_branch = bool(project) and (_names_branch(last) if multibranch is None else multibranch)
    return Job(
        host=address.hostname or "",
        root=f"{address.scheme}://{address.netloc.rpartition('@')[2].lower()}{before}",
        path=tuple(unquote(part) for part in (project if is_branch else parts)),
        branch=unquote(unquote(last)) if is_branch else None,
        number=int(number),
    )


def _job_parts(path: str) -> list[str]:
    """Of `folder/job/app/18`: folder, app, 18. A folder may be named "job": every second word is a name."""
    words = path.split("/")
    parts = [words.pop(0)]
    while words:
        if words[0] == "job" and len(words) > 2:
            words.pop(0)
        parts.append(words.pop(0))
    return parts


def _names_branch(part: str) -> bool:
    """Multibranch projects name a job after its branch, a slash in it twice encoded in the address."""
    name = unquote(part)
    return bool(_SLASH.search(part)) or name in _BRANCH_NAMES or bool(_CHANGE_REQUEST.fullmatch(name))
