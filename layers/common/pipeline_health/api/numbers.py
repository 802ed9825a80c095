"""Answers made of numbers, each beside its definition and the count it stands on."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict

from pipeline_health.api import examples
from pipeline_health.api.answers import Answer, Next, Time, described
from pipeline_health.domain.build import Status

Percent = float | None
Seconds = float | None


def example_of(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": example})


class Counts(Answer):
    """Completed builds, by how they ended; always all four."""

    success: int
    failure: Annotated[int, described("Timed out, unstable and not even started builds included.")]
    cancelled: int
    skipped: Annotated[int, described("Neutral, stale and not built ones included.")]


class Durations(Answer):
    """Of successful builds; percentiles at the nearest rank, within 2 %."""

    builds: Annotated[int, described("How many successful builds of known duration this stands on.")]
    mean: Annotated[Seconds, described("Mean, in seconds.")]
    p50: Annotated[Seconds, described("Half of them took at most so many seconds.")]
    p95: Annotated[Seconds, described("95 % of them took at most so many seconds.")]
    p99: Annotated[Seconds, described("99 % of them took at most so many seconds.")]


class Queue(Answer):
    """started_at - queued_at, of builds whose sender says both; GitHub: first job's started_at -
    run_started_at, of builds whose jobs it tells. Percentiles within 2 %.
    """

    builds: Annotated[int, described("How many builds this stands on.")]
    p50: Annotated[Seconds, described("Half of them waited at most so many seconds.")]
    p95: Annotated[Seconds, described("95 % of them waited at most so many seconds.")]


class Recovery(Answer):
    """Time to restore: from the first failure's completion to the next success's, of one pipeline and branch,
    counted in the window in which it closed. CI data alone gives no DORA change-failure rate.
    """

    episodes: Annotated[int, described("How many closed in the window.")]
    mean: Annotated[Seconds, described("Mean of the closed ones, in seconds.")]
    median: Annotated[Seconds, described("Median of the closed ones, in seconds, within 2 %.")]


class RecoveryNow(Recovery):
    open: Annotated[int, described("Branches that are broken now, whatever the window.")]
    longest_open: Annotated[Seconds, described("For how many seconds the longest of them has been.")]


class Figures(Answer):
    """What one window says. Every number is null where there is nothing to divide by."""

    success_rate: Annotated[Percent, described("success / (success + failure), in percent.")]
    failure_rate: Annotated[Percent, described("failure / (success + failure), in percent.")]
    cancelled_rate: Annotated[Percent, described("cancelled / all completed builds, in percent.")]
    skipped_rate: Annotated[Percent, described("skipped / all completed builds, in percent.")]
    first_pass_rate: Annotated[
        Percent,
        described("Runs whose attempt 1 succeeded / runs whose attempt 1 was conclusive, in percent."),
    ]
    eventual_pass_rate: Annotated[
        Percent,
        described("Runs whose last conclusive attempt succeeded / runs with a conclusive one, in percent."),
    ]
    avg_build_time: Annotated[
        Seconds, described("Mean duration of all completed builds, cancelled ones included, in seconds.")
    ]
    builds: Counts
    throughput: Annotated[float, described("Completed builds per day.")]
    duration: Durations
    queue: Queue
    recovery: Recovery


class Bounded(Answer):
    """The time that was counted, half-open [from, to), by completion."""

    from_: Annotated[Time, described("The first instant that counts.")]
    to: Annotated[Time, described("The first instant after those that count: a full hour.")]

    model_config = ConfigDict(alias_generator=lambda name: name.rstrip("_"))


class FiguresChange(Figures):
    """Each figure of the window less that of the window before; null where either has none."""


class Trend(Bounded):
    """The equal window just before, by the same estimators."""

    before: Figures
    change: FiguresChange


class Summary(Bounded, Figures):
    """One window, as a whole."""

    model_config = example_of(examples.SUMMARY)

    window: Annotated[str, described("The window that was asked for.")]
    recovery: RecoveryNow
    broken_now: Annotated[
        int, described("Pipelines that are broken now: on their default branch, else their last active one.")
    ]
    broken_in_window: Annotated[int, described("How many of them broke within the window.")]
    trend: Annotated[Trend | None, described("Null where no build completed in the window before.")]
    last_status_by_pipeline: Annotated[
        dict[str, Status],
        described(
            "Status of the newest build of each pipeline active in the last 90 days, by its name; by "
            "`repo/name` where several share the name, by id where even that is not enough."
        ),
    ]
    definitions: Annotated[
        dict[str, str], described("Where each figure is defined: a place in the API's own documentation.")
    ]


class Bucket(Bounded, Figures):
    """One hour or day; the first and the last day may be cut by the window."""


class Timeseries(Bounded):
    """One window, cut into hours or days (UTC), oldest first, empty ones included."""

    model_config = example_of(examples.TIMESERIES)

    buckets: list[Bucket]


class RowStreak(Answer):
    status: Annotated[Literal["success", "failure"], described("How they ended.")]
    builds: Annotated[int, described("How many conclusive builds in a row ended like this.")]


Slower = Annotated[
    bool | None,
    described(
        "Whether p95 is 20 % and 60 s above that of the window before; null unless each has 20 successful "
        "builds."
    ),
]


class Flakiness(Answer):
    """Commits that both failed and succeeded, nothing changed between, on whatever branch."""

    flagged: Annotated[
        bool,
        described(
            "Whether there were as many as the setting FlakyCommits says (3) within seven days, and none of "
            "the seven-day pauses since that clear it. The last 28 days are looked at."
        ),
    ]
    rate: Annotated[Percent, described("Flaky ones of these commits, in percent.")]
    commits: Annotated[int, described("Commits first concluded in the last seven days.")]
    flaky: Annotated[int, described("Commits that turned out to be flaky in the last seven days.")]


class PipelineFigures(Figures):
    id: Annotated[str, described("The pipeline's identity.")]
    provider: str
    repo: str
    name: str
    streak: Annotated[RowStreak | None, described("Of its default branch, else of its last active one.")]
    broken_since: Annotated[Time | None, described("null while that branch is green.")]
    slower: Slower
    flaky: Annotated[Flakiness, described("Whatever the window; GET /pipelines/{id} names the commits.")]


class PipelineMetrics(Bounded):
    """One row for each pipeline."""

    model_config = example_of(examples.PIPELINES)

    pipelines: list[PipelineFigures]
    next: Next
