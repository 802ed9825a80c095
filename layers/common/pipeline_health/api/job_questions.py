"""What may be asked about jobs."""

from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline_health.api.questions import Question, RepoFilter, Text, WindowText

ROWS_LIMIT: Final = 100
Sort = Literal["failures", "duration", "queue"]


class JobMetricsQuestion(Question):
    pipeline: Annotated[
        Text,
        Field(
            description="The pipeline, by id or by name. A name that several pipelines share is refused with "
            "their ids; `repo` narrows it.",
            examples=["CI"],
        ),
    ]
    repo: RepoFilter = None
    window: WindowText = "7d"
    sort: Annotated[
        Sort,
        Field(
            description="The worst first: by `failures`, or by the p95 of `duration` or `queue`.",
            examples=["failures"],
        ),
    ] = "failures"
    limit: Annotated[int, Field(ge=1, le=ROWS_LIMIT, description="At most so many jobs.", examples=[20])] = 20
