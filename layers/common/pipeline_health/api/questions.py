"""What may be asked, validated once: each question is the query parameters of one route."""

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema, WithJsonSchema

from pipeline_health.api import cursor
from pipeline_health.api.problems import refused
from pipeline_health.domain.build import NAME_LIMIT, Status
from pipeline_health.domain.named import Sort
from pipeline_health.domain.pipeline import RECENT_BUILDS
from pipeline_health.domain.times import parse_instant
from pipeline_health.domain.window import ALLOWED, Window

BUILDS_LIMIT: Final = 500
CHANGES_LIMIT: Final = 100  # as many builds as one BatchGetItem brings
ROWS_LIMIT: Final = 1_000  # of some 900 bytes each; a function may answer with 6 MB


def _window(text: str) -> str:
    Window.parse(text, now=0)
    return text


def _instant(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("must be an RFC 3339 time")  # noqa: TRY004  # pydantic reports only ValueErrors
    return parse_instant(value)


Text = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
Instant = Annotated[int, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Absent = SkipJsonSchema[None]

ProviderFilter = Annotated[
    Text | Absent, Field(description="Only builds of this sender, such as `github`.", examples=["github"])
]
RepoFilter = Annotated[
    Text | Absent, Field(description="Only this repository, as its sender names it.", examples=["acme/shop"])
]
PipelineFilter = Annotated[
    Text | Absent,
    Field(
        description="Only this pipeline, by id or by name. A name that several pipelines share is refused "
        "with their ids; `repo` narrows it.",
        examples=["CI"],
    ),
]
ThePipeline = Annotated[
    Text,
    Field(
        description="The pipeline, by id or by name. A name that several pipelines share is refused with "
        "their ids; `repo` narrows it.",
        examples=["CI"],
    ),
]
BranchFilter = Annotated[Text | Absent, Field(description="Only this branch.", examples=["main"])]
MetricsBranch = Annotated[
    Text | Absent,
    Field(
        description="Only this branch of `pipeline`; or the word `default`, which works for everything, a "
        "repository and a pipeline alike: default branches only.",
        examples=["default"],
    ),
]
WindowText = Annotated[
    str,
    AfterValidator(_window),
    Field(
        description=f"How far back: {ALLOWED}. Whole hours in UTC: it ends at the next full hour and counts "
        "builds by their completion.",
        examples=["24h", "7d", "4w"],
    ),
]
Cursor = Annotated[
    Annotated[str, Field(min_length=1, max_length=2000)] | Absent,
    Field(
        description="The `next` of the page before, with the same filters.",
        examples=["MDAxNzk1NDMyMTAwMDAwI2dpdGh1Yi4xLjIuM3xhYmM"],
    ),
]


class Question(BaseModel):
    """An unknown parameter is refused: a misspelt filter would be answered about everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Nothing(Question):
    """A route that takes no parameters."""


class Paged(Question):
    """A list, in pages. `position` is where this page begins, None for the first."""

    cursor: Cursor = None

    @property
    def listed(self) -> str:
        filters = self.model_dump_json(exclude={"limit", "cursor"}, exclude_none=True)
        return f"{type(self).__name__}{filters}"

    @property
    def position(self) -> str | None:
        try:
            return None if self.cursor is None else cursor.unseal(self.cursor, self.listed)
        except ValueError as error:
            raise refused("cursor", str(error)) from error

    def next(self, position: str | None) -> str | None:
        return None if position is None else cursor.seal(position, self.listed)


class BuildsQuestion(Paged):
    provider: ProviderFilter = None
    repo: RepoFilter = None
    pipeline: PipelineFilter = None
    branch: BranchFilter = None
    status: Annotated[
        Status | Absent, Field(description="Only builds that stand like this.", examples=["failure"])
    ] = None
    since: Annotated[
        Instant | Absent,
        Field(
            alias="from",
            description="Only builds that started at or after this time (RFC 3339).",
            examples=["2026-11-16T00:00:00Z"],
        ),
    ] = None
    until: Annotated[
        Instant | Absent,
        Field(
            alias="to",
            description="Only builds that started before this time (RFC 3339).",
            examples=["2026-11-23T00:00:00Z"],
        ),
    ] = None
    limit: Annotated[
        int, Field(ge=1, le=BUILDS_LIMIT, description="At most so many builds a page.", examples=[50])
    ] = 50

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since is not None and self.until is not None and self.since > self.until:
            raise refused("from", "must not be after to")
        return self


class LatestQuestion(Question):
    pipeline: ThePipeline
    repo: RepoFilter = None
    branch: BranchFilter = None


class PipelinesQuestion(Paged):
    provider: ProviderFilter = None
    repo: RepoFilter = None
    limit: Annotated[
        int, Field(ge=1, le=BUILDS_LIMIT, description="At most so many pipelines a page.", examples=[100])
    ] = 100
    recent: Annotated[
        int,
        Field(
            ge=0, le=RECENT_BUILDS, description="So many recent builds of each, newest first.", examples=[30]
        ),
    ] = 0


class ChangesQuestion(Paged):
    since: Annotated[
        Instant | Absent,
        Field(
            description="Only changes at or after this time (RFC 3339).", examples=["2026-11-16T00:00:00Z"]
        ),
    ] = None
    limit: Annotated[
        int, Field(ge=1, le=CHANGES_LIMIT, description="At most so many changes a page.", examples=[50])
    ] = 50


class MetricsQuestion(Question):
    window: WindowText = "7d"
    repo: RepoFilter = None
    pipeline: PipelineFilter = None
    branch: MetricsBranch = None


class TimeseriesQuestion(MetricsQuestion):
    bucket: Annotated[
        Literal["hour", "day"],
        Field(
            description="How long a bucket is: an `hour` (windows up to 20d) or a `day` in UTC.",
            examples=["day"],
        ),
    ] = "day"


class PipelineMetricsQuestion(Paged):
    window: WindowText = "7d"
    provider: ProviderFilter = None
    repo: RepoFilter = None
    branch: Annotated[
        Literal["default"] | Absent,
        Field(description="The word `default`: default branches only.", examples=["default"]),
    ] = None
    sort: Annotated[
        Sort,
        Field(
            description="What comes first. `success_rate`: the worst; `builds`: the busiest; `duration`: the "
            "longest p95; `recovery`: the longest mean; `slower`: those that have become so, by how much; "
            "`flaky`: those flagged, by their flaky commits; "
            "`broken`: the latest to break; `active`: the newest build; or by `name` or `id`. Rows without "
            "the figure come last, and equal ones by name.",
            examples=["broken"],
        ),
    ] = Sort.ID
    limit: Annotated[
        int, Field(ge=1, le=ROWS_LIMIT, description="At most so many pipelines a page.", examples=[20])
    ] = 20


class PipelineQuestion(Question):
    window: WindowText = "7d"
