"""The figures people read, made of counters. Definitions: DEFINITIONS in docs/numbers.md.

Rates are percent and None where there is nothing to divide by; durations are seconds.
"""

from collections import Counter
from typing import Any

from pipeline_health.domain.sketch import percentile
from pipeline_health.domain.times import SECOND
from pipeline_health.domain.window import HOURS_A_DAY

Figures = dict[str, Any]


def rate(part: int, whole: int) -> float | None:
    """Percent, to two decimals."""
    return round(100 * part / whole, 2) if whole else None


def mean(total_ms: int, count: int) -> float | None:
    """Seconds, to the millisecond."""
    return round(total_ms / count / SECOND, 3) if count else None


def bins(counters: Counter[str], kind: str) -> dict[int, int]:
    """The bins of one sketch: `t` durations, `q` queue times, `r` recoveries."""
    return {int(name[1:]): n for name, n in counters.items() if name[0] == kind and name[1:].isdigit()}


def percentile_seconds(sketch: dict[int, int], percent: int) -> float | None:
    value = percentile(sketch, percent)
    return None if value is None else round(value / SECOND, 4)  # of 25 ms, half of one would be 2 %


def figures(counters: Counter[str], hours: int) -> Figures:
    """Everything one window of `hours` says, for any scope."""
    success, failure = counters["success"], counters["failure"]
    completed = success + failure + counters["cancelled"] + counters["skipped"]
    return {
        "success_rate": rate(success, success + failure),
        "failure_rate": rate(failure, success + failure),
        "cancelled_rate": rate(counters["cancelled"], completed),
        "skipped_rate": rate(counters["skipped"], completed),
        "first_pass_rate": rate(counters["first_passed"], counters["first"]),
        "eventual_pass_rate": rate(counters["runs_passed"], counters["runs"]),
        "avg_build_time": mean(counters["time"], counters["timed"]),
        "builds": {name: counters[name] for name in ("success", "failure", "cancelled", "skipped")},
        "throughput": round(completed * HOURS_A_DAY / hours, 2),
        "duration": duration_figures(counters),
        "queue": queue_figures(counters),
        "recovery": recovery_figures(counters),
    }


def duration_figures(counters: Counter[str]) -> Figures:
    """Of successful builds."""
    sketch = bins(counters, "t")
    return {
        "builds": sum(sketch.values()),
        "mean": mean(counters["passed_ms"], sum(sketch.values())),
        **{f"p{percent}": percentile_seconds(sketch, percent) for percent in (50, 95, 99)},
    }


def queue_figures(counters: Counter[str]) -> Figures:
    sketch = bins(counters, "q")
    return {
        "builds": sum(sketch.values()),
        **{f"p{percent}": percentile_seconds(sketch, percent) for percent in (50, 95)},
    }


def recovery_figures(counters: Counter[str]) -> Figures:
    """Of the episodes that closed in the window."""
    sketch = bins(counters, "r")
    return {
        "episodes": sum(sketch.values()),
        "mean": mean(counters["recovery_ms"], sum(sketch.values())),
        "median": percentile_seconds(sketch, 50),
    }
