"""Examples of the answers made of numbers; the tests hold them to the answers' own models."""

from typing import Any, Final

from pipeline_health.api.answers import BUILD_EXAMPLE

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
    "broken_in_window": 1,
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
    "definitions": {"success_rate": "/openapi.json#/components/schemas/Summary/properties/success_rate"},
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
            "streak": {"status": "failure", "builds": 2},
            "broken_since": "2026-11-23T11:20:34.567Z",
            "slower": False,
            "flaky": {"flagged": False, "rate": 2.13, "commits": 47, "flaky": 1},
            **_FIGURES,
        }
    ],
    "next": "Z2l0aHViLjQ3MTEuOTkwMDAxfDRkMmM5ZjA4YjFhMw",
}
_STREAK: Final = {
    "status": "failure",
    "builds": 2,
    "since": "2026-11-23T10:20:34.567Z",
    "first_build": "github.4711.990001.15720345001.1",
    "last_build": "github.4711.990001.15720345678.1",
}
PIPELINE: Final[dict[str, Any]] = {
    "id": "github.4711.990001",
    "provider": "github",
    "repo": "acme/shop",
    "name": "CI",
    "default_branch": "main",
    "branch": "main",
    "status": "failure",
    "streak": _STREAK,
    "broken_since": "2026-11-23T10:20:34.567Z",
    "broken_branches": [{"branch": "main", "since": "2026-11-23T10:20:34.567Z"}],
    "last_build": BUILD_EXAMPLE,
    "recent": [],
    **_BOUNDS,
    "figures": _FIGURES,
    "branches": [
        {
            "branch": "main",
            "status": "failure",
            "last_build_at": "2026-11-23T11:15:12.000Z",
            "broken_since": "2026-11-23T10:20:34.567Z",
            "streak": _STREAK,
        }
    ],
    "changes": [
        {
            "change": "broken",
            "at": "2026-11-23T10:20:34.567Z",
            "build": "github.4711.990001.15720345001.1",
            "builds": 2,
        }
    ],
    "flaky": {
        "flagged": False,
        "rate": 2.13,
        "commits": 47,
        "flaky": 1,
        "flaky_commits": [
            {"commit": "acb5820ced9479c074f688cc328bf03f341a511d", "at": "2026-11-22T09:12:44.000Z"}
        ],
    },
    "slower": {"slower": False, "p95": 322.0, "before": 318.7},
    "silent": {"since": None, "usual_gap_seconds": 50400.0},
    "stuck": [],
}
