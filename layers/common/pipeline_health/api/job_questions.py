"""What may be asked about jobs."""

from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline_health.api.questions import Question, RepoFilter, ThePipeline, WindowText

ROWS_LIMIT: Final = 100
Sort = Literal["failures", "duration", "queue"]


class JobMetricsQuestion(Question):
    pipeline: ThePipeline
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
