"""Examples of the answers made of numbers; the tests hold them to the answers' own models."""

from typing import Any, Final

_COUNTS: Final = {"success": 41, "failure": 3, "cancelled": 2, "skipped": 0}
_FIGURES: Final[dict[str, Any]] = {
    "success_rate": 93.18,
    "failure_rate": 6.82,
    "cancelled_rate": 4.35,
    "skipped_rate": 0.0,
    "first_pass_rate": 90.7,
    "eventual_pass_rate": 97.67,
    "avg_build_time": 251.42,
    "builds": _COUNTS,
    "throughput": 6.57,
    "duration": {"builds": 41, "mean": 248.9, "p50": 241.3, "p95": 322.0, "p99": 398.1},
    "queue": {"builds": 12, "p50": 8.2, "p95": 31.4},
    "recovery": {"episodes": 2, "mean": 1830.0, "median": 1511.2},
}
_BOUNDS: Final = {"from": "2026-11-16T13:00:00Z", "to": "2026-11-23T13:00:00Z"}
_BEFORE: Final = {
    **_FIGURES,
    "success_rate": 90.0,
    "failure_rate": 10.0,
    "builds": {"success": 36, "failure": 4, "cancelled": 2, "skipped": 0},
}
_CHANGE: Final = {
    **{name: 0.0 for name in _FIGURES if not isinstance(_FIGURES[name], dict)},
    "success_rate": 3.18,
    "failure_rate": -3.18,
    "builds": {"success": 5, "failure": -1, "cancelled": 0, "skipped": 0},
    "duration": {"builds": 5, "mean": -4.1, "p50": -2.2, "p95": 0.0, "p99": 0.0},
    "queue": {"builds": 2, "p50": 0.4, "p95": -1.1},
    "recovery": {"episodes": 1, "mean": 12.0, "median": 12.0},
}
SUMMARY: Final[dict[str, Any]] = {
    "window": "7d",
    **_BOUNDS,
    **_FIGURES,
    "recovery": {**_FIGURES["recovery"], "open": 1, "longest_open": 5400},
    "broken_now": 1,
    "trend": {
        "from": "2026-11-09T13:00:00Z",
        "to": "2026-11-16T13:00:00Z",
        "before": _BEFORE,
        "change": _CHANGE,
    },
    "last_status_by_pipeline": {
        "CI": "failure",
        "acme/api/deploy": "success",
        "acme/shop/deploy": "success",
    },
}
TIMESERIES: Final[dict[str, Any]] = {**_BOUNDS, "buckets": [{**_BOUNDS, **_FIGURES}]}
PIPELINES: Final[dict[str, Any]] = {
    **_BOUNDS,
    "pipelines": [
        {
            "id": "github.4711.990001",
            "provider": "github",
            "repo": "acme/shop",
            "name": "CI",
            **_FIGURES,
        }
    ],
    "next": "Z2l0aHViLjQ3MTEuOTkwMDAxfDRkMmM5ZjA4YjFhMw",
}
