"""The figures people read, made of counters. Definitions: DEFINITIONS in docs/numbers.md.

Rates are percent and None where there is nothing to divide by; durations are seconds.
"""

from collections.abc import Mapping
from typing import Any, Final

from pipeline_health.domain.packing import Tally
from pipeline_health.domain.sketch import percentiles
from pipeline_health.domain.times import SECOND
from pipeline_health.domain.window import HOURS_A_DAY

Figures = dict[str, Any]


def rate(part: int, whole: int) -> float | None:
    """Percent, to two decimals."""
    return round(100 * part / whole, 2) if whole else None


def mean(total_ms: int, count: int) -> float | None:
    """Seconds, to the millisecond."""
    return round(total_ms / count / SECOND, 3) if count else None


def percentiles_seconds(bins: Mapping[int, int], *percents: int) -> Figures:
    """Of one sketch, as p50, p95..."""
    found = zip(percents, percentiles(bins, percents), strict=True)
    return {f"p{percent}": _seconds(milliseconds) for percent, milliseconds in found}


def _seconds(milliseconds: float | None) -> float | None:
    """To a tenth of a millisecond: of 25 ms, half of one would be 2 %."""
    return None if milliseconds is None else round(milliseconds / SECOND, 4)


def figures(counters: Mapping[str, int], hours: int) -> Figures:
    """Everything one window of `hours` says, for any scope; of counters as they are stored."""
    tally = Tally.of(counters)
    counted = tally.numbers
    success, failure = counted["success"], counted["failure"]
    completed = success + failure + counted["cancelled"] + counted["skipped"]
    return {
        "success_rate": rate(success, success + failure),
        "failure_rate": rate(failure, success + failure),
        "cancelled_rate": rate(counted["cancelled"], completed),
        "skipped_rate": rate(counted["skipped"], completed),
        "first_pass_rate": rate(counted["first_passed"], counted["first"]),
        "eventual_pass_rate": rate(counted["runs_passed"], counted["runs"]),
        "avg_build_time": mean(counted["time"], counted["timed"]),
        "builds": {name: counted[name] for name in ("success", "failure", "cancelled", "skipped")},
        "throughput": round(completed * HOURS_A_DAY / hours, 2),
        "duration": _durations(tally.bins["t"], counted["passed_ms"]),
        "queue": _queue_times(tally.bins["q"]),
        "recovery": _recoveries(tally.bins["r"], counted["recovery_ms"]),
    }


def _durations(bins: Mapping[int, int], total_ms: int) -> Figures:
    """Of successful builds."""
    builds = sum(bins.values())
    return {"builds": builds, "mean": mean(total_ms, builds), **percentiles_seconds(bins, 50, 95, 99)}


def _queue_times(bins: Mapping[int, int]) -> Figures:
    return {"builds": sum(bins.values()), **percentiles_seconds(bins, 50, 95)}


def _recoveries(bins: Mapping[int, int], total_ms: int) -> Figures:
    """Of the episodes that closed in the window."""
    episodes = sum(bins.values())
    median = percentiles_seconds(bins, 50)["p50"]
    return {"episodes": episodes, "mean": mean(total_ms, episodes), "median": median}


NO_FIGURES: Final = figures({}, hours=1)  # of any window in which nothing counted, however long
