"""A Build: one attempt of one run of a pipeline, as its sender last described it."""

import re
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline_health.domain.times import DAY

NAME_LIMIT: Final = 512  # characters
URL_LIMIT: Final = 2048
LOGS_LIMIT: Final = 8 * 1024  # bytes of UTF-8
EARLIEST: Final = 0  # 1970: nothing built before the epoch
LATEST: Final = 4_102_444_800_000  # 2100-01-01, far inside what every store and calendar can hold


class Status(StrEnum):
    """Where a build stands, in the product's words; `conclusion` keeps the sender's own."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"

    @property
    def rank(self) -> int:
        """Queued < in progress < completed: within an attempt a build never goes back."""
        return {Status.QUEUED: 0, Status.IN_PROGRESS: 1}.get(self, 2)

    @property
    def completed(self) -> bool:
        return self.rank == 2

    @property
    def conclusive(self) -> bool:
        """Only success and failure say anything about the code; cancelled and skipped builds do not."""
        return self in (Status.SUCCESS, Status.FAILURE)


_NOT_UTF8: Final = re.compile(r"[\ufffd\ud800-\udfff]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def storable(text: str) -> str:
    """Text that can be stored, shown and logged: no bytes that were not UTF-8, no control characters."""
    if _NOT_UTF8.search(text):
        raise ValueError("has bytes that are not UTF-8")
    if _CONTROL.search(text):
        raise ValueError("has control characters")
    return text


def web_url(text: str) -> str:
    """An absolute http(s) URL: it becomes a link on a page and in Slack, so no other scheme gets in."""
    try:
        parts = urlsplit(storable(text))
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must be an http or https URL")
    return text


def excerpt(logs: str) -> str:
    """The last 8 KiB of a log, cut on a character; failures stand at its end."""
    return logs.encode("utf-8", "replace")[-LOGS_LIMIT:].decode("utf-8", "ignore").replace("\x00", "")


def digest(*parts: str, length: int = 20) -> str:
    """A short name for long or free text, safe in ids, keys and URLs."""
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:length]


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{1,200}$")]
Run = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_~-]{1,100}$")
]  # without ".", which joins the parts of a build's id
Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT), AfterValidator(storable)]
Url = Annotated[str, Field(max_length=URL_LIMIT), AfterValidator(web_url)]
Instant = Annotated[int, Field(ge=EARLIEST, le=LATEST)]
Duration = Annotated[int, Field(ge=0, le=400 * DAY)]


class Build(BaseModel):
    """Times are instants and durations milliseconds (see times.py); None is what the sender did not say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    pipeline_id: Id
    run: Run
    attempt: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    repo: Name
    pipeline: Name
    branch: Name
    default_branch: Name | None = None
    commit: Name | None = None
    number: Annotated[int, Field(ge=0, lt=10**15)] | None = None
    status: Status
    conclusion: Name | None = None
    event: Name | None = None
    actor: Name | None = None
    queued_at: Instant | None = None
    first_job_at: Instant | None = None  # when the first of its jobs started, where the sender tells of jobs
    started_at: Instant | None = None
    completed_at: Instant | None = None
    duration_ms: Duration | None = None
    url: Url | None = None
    title: Name | None = None
    logs: str | None = None
    created_at: Instant = 0  # first stored; 0 until then
    updated_at: Instant = 0  # last stored

    @property
    def id(self) -> str:
        """Unique over all senders, without `/`, so that it can stand in a path."""
        return f"{self.pipeline_id}.{self.run}.{self.attempt}"

    @property
    def at(self) -> int:
        """When it started, as far as anyone knows: what "newest started first" sorts by."""
        return self.started_at or self.queued_at or self.completed_at or self.created_at

    @property
    def queue_ms(self) -> int | None:
        """How long it waited: until its start where its queueing is known, else from its start until its
        first job's (GitHub).
        """
        waited = self.queued_at, self.started_at
        since, until = (self.started_at, self.first_job_at) if self.queued_at is None else waited
        return None if since is None or until is None else max(0, until - since)

    def is_default(self, default_names: frozenset[str]) -> bool:
        """Whether its branch is the repository's default one: the sender's word, else one of these names."""
        if self.default_branch is not None:
            return self.branch == self.default_branch
        return self.branch in default_names


class Sighting(BaseModel):
    """What one delivery says of a build, and how it weighs against what others said of the same build.

    Of two sightings the one with the greater `version` describes the build, whatever order they came in.
    `adds_queued_at` marks one that knows, alone of all, when the build was queued: that fact is added
    even where a later state is already stored.
    """

    model_config = ConfigDict(frozen=True)

    build: Build
    version: str
    adds_queued_at: bool = False


def version_of(status: Status, *, webhook: bool, phase: int, sent_at: int, body: bytes) -> str:
    """One comparable string: state, source (a webhook beats the API), phase, the sender's time, digest.

    The digest comes last so that deliveries with the same time still end alike in any order.
    """
    return f"{status.rank}{int(webhook)}{phase}{max(sent_at, 0):015d}{sha256(body).hexdigest()[:16]}"


def unsaid(model: dict[str, Any]) -> dict[str, Any]:
    """The same without what was not said, as it is stored."""
    return {name: value for name, value in model.items() if value is not None}
