"""The answer about one pipeline, whole."""

from typing import Annotated

from pipeline_health.api import examples
from pipeline_health.api.answers import Answer, Pipeline, Streak, Time, described
from pipeline_health.api.numbers import Bounded, Figures, Flakiness, Seconds, Slower, example_of
from pipeline_health.domain import events
from pipeline_health.domain.build import Status


class BranchState(Answer):
    branch: str
    status: Annotated[Status | None, described("Of its newest build.")]
    last_build_at: Annotated[Time | None, described("When that one started.")]
    broken_since: Annotated[Time | None, described("Completion of the first failure of its open streak.")]
    streak: Annotated[Streak | None, described("null before its first conclusive build.")]


class PipelineChange(Answer):
    change: Annotated[events.Change, described("Against the last conclusive build before.")]
    at: Annotated[Time, described("When the build that made it completed.")]
    build: Annotated[str, described("The id of that build.")]
    builds: Annotated[int, described("How many conclusive builds in a row ended like it.")]


class FlakyCommit(Answer):
    commit: str
    at: Annotated[Time, described("When its second outcome came.")]


class Flaky(Flakiness):
    flaky_commits: Annotated[
        list[FlakyCommit],
        described("Of the last seven days, newest first; looked for among the newest 1,000 builds."),
    ]


class SlowerVerdict(Answer):
    slower: Slower
    p95: Annotated[Seconds, described("Of the successful builds of the window.")]
    before: Annotated[Seconds, described("Of those of the window before.")]


class Silent(Answer):
    since: Annotated[
        Time | None,
        described(
            "When the next build was overdue: twice the usual gap after the last one. null while it is not, "
            "and for a pipeline without a success among its recent builds."
        ),
    ]
    usual_gap_seconds: Annotated[
        Seconds,
        described("95th percentile of the time between the starts of its last 30 builds."),
    ]


class OnePipeline(Pipeline, Bounded):
    """One pipeline, whole. `from` and `to` bound the window of its figures."""

    model_config = example_of(examples.PIPELINE)

    figures: Annotated[Figures, described("Of the window.")]
    branches: Annotated[list[BranchState], described("At most 200, the one that was active last first.")]
    changes: Annotated[
        list[PipelineChange], described("Of the branch that its status comes from, newest first; at most 20.")
    ]
    flaky: Flaky
    slower: SlowerVerdict
    silent: Silent
    stuck: Annotated[
        list[str],
        described("Ids of the builds that have been running for more than twice the p95 of the window."),
    ]
