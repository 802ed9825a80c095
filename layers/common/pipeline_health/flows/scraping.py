"""What a scraper is told of every pipeline: a bounded number of series, read from the cards alone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pipeline_health.api.openmetrics import Family, Sample, document, seconds_of
from pipeline_health.domain.build import Status
from pipeline_health.domain.standing import Standing

PIPELINES: Final = 500  # about ten series each

BUILDS: Final = Family(
    "pipeline_health_builds",
    "counter",
    "Completed builds since the first one; every attempt is a build.",
)
BUILD_TIME: Final = Family(
    "pipeline_health_build_time_seconds",
    "counter",
    "Duration of all completed builds, however they ended.",
    "seconds",
)
DURATION: Final = Family(
    "cicd_pipeline_run_duration_seconds", "summary", "Duration of the successful builds.", "seconds"
)
ACTIVE: Final = Family(
    "cicd_pipeline_run_active", "gauge", "Builds that wait or run now, of the 30 that started last."
)
BROKEN: Final = Family(
    "pipeline_health_broken",
    "gauge",
    "1 while the last conclusive build of the default branch (else of the last active one) is a failure.",
)
LAST_BUILD: Final = Family(
    "pipeline_health_last_build_timestamp_seconds",
    "gauge",
    "When the newest build started, in seconds since 1970.",
    "seconds",
)
LEFT_OUT: Final = Family(
    "pipeline_health_pipelines_left_out",
    "gauge",
    f"Pipelines that are not listed here: only the {PIPELINES} that were active last are.",
)
# In OpenTelemetry's words (cicd.pipeline.result, cicd.pipeline.run.state).
_RESULTS: Final = {
    Status.SUCCESS: "success",
    Status.FAILURE: "failure",
    Status.CANCELLED: "cancellation",
    Status.SKIPPED: "skip",
}
_STATES: Final = {Status.QUEUED: "pending", Status.IN_PROGRESS: "executing"}


class StandingsStore(Protocol):
    def standings(self) -> Iterable[Standing]: ...


@dataclass(frozen=True)
class Scraping:
    store: StandingsStore

    def metrics(self) -> str:
        newest = sorted(self.store.standings(), key=lambda each: each.named.latest.at, reverse=True)
        listed = newest[:PIPELINES]
        return document({
            BUILDS: _builds(listed),
            BUILD_TIME: (("_total", _labels(s), seconds_of(s.totals.told["time"])) for s in listed),
            DURATION: _durations(listed),
            ACTIVE: _active(listed),
            BROKEN: (("", _labels(s), str(int(s.broken))) for s in listed),
            LAST_BUILD: (("", _labels(s), seconds_of(s.named.latest.at)) for s in listed),
            LEFT_OUT: [("", {}, str(len(newest) - len(listed)))],
        })  # fmt: skip


def _labels(standing: Standing) -> dict[str, str]:
    """The id tells apart what shares its names, and stays when they change."""
    named = standing.named
    return {
        "provider": named.provider,
        "repository": named.repo,
        "cicd_pipeline_name": named.name,
        "pipeline_id": named.pipeline_id,
    }


def _builds(listed: Sequence[Standing]) -> Iterator[Sample]:
    for standing in listed:
        labels, told = _labels(standing), standing.totals.told
        for status, result in _RESULTS.items():
            yield "_total", {**labels, "cicd_pipeline_result": result}, str(told[status.value])


def _durations(listed: Sequence[Standing]) -> Iterator[Sample]:
    for standing in listed:
        ended = {"cicd_pipeline_result": "success", "cicd_pipeline_run_state": "executing"}
        labels, told = {**_labels(standing), **ended}, standing.totals.told
        yield "_count", labels, str(told["passed"])
        yield "_sum", labels, seconds_of(told["passed_ms"])


def _active(listed: Sequence[Standing]) -> Iterator[Sample]:
    for standing in listed:
        for status, state in _STATES.items():
            labels = {**_labels(standing), "cicd_pipeline_run_state": state}
            yield "", labels, str(standing.states.count(status))
