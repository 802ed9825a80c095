"""What may be asked of the routes that other tools read."""

from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline_health.api.questions import (
    CHANGES_LIMIT,
    Absent,
    BuildsQuestion,
    ProviderFilter,
    Question,
    RepoFilter,
    Text,
    WindowText,
)

EXPORT_LIMIT: Final = 2_000


class BadgeQuestion(Question):
    branch: Annotated[
        Text | Absent,
        Field(
            description="Only this branch, or the word `default`. Without it the status is the default "
            "branch's, and the other metrics are of all branches.",
            examples=["main"],
        ),
    ] = None
    metric: Annotated[
        Literal["status", "success_rate", "duration"],
        Field(
            description="`status`: how the last conclusive build ended; `success_rate`: of `window`; "
            "`duration`: median of the successful builds of `window`.",
            examples=["status"],
        ),
    ] = "status"
    window: WindowText = "7d"


class TrayQuestion(Question):
    provider: ProviderFilter = None
    repo: RepoFilter = None


class ExportQuestion(BuildsQuestion):
    limit: Annotated[
        int,
        Field(
            ge=1,
            le=EXPORT_LIMIT,
            description="At most so many builds a page; fewer where their names are long.",
            examples=[1000],
        ),
    ] = 1000


class FeedQuestion(Question):
    limit: Annotated[
        int, Field(ge=1, le=CHANGES_LIMIT, description="At most so many changes.", examples=[50])
    ] = 50
