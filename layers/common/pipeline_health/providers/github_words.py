"""GitHub's words for how runs and jobs end, in ours."""

from typing import Final

from pipeline_health.domain.build import Status

PROVIDER: Final = "github"

_ENDINGS: Final = {
    "success": Status.SUCCESS,
    "failure": Status.FAILURE,
    "timed_out": Status.FAILURE,
    "startup_failure": Status.FAILURE,
    "cancelled": Status.CANCELLED,
    "skipped": Status.SKIPPED,
    "neutral": Status.SKIPPED,
    "stale": Status.SKIPPED,
    "action_required": Status.QUEUED,  # it waits for somebody's approval, then runs in the same attempt
}


def ending(conclusion: str) -> Status:
    """A word that we do not know says nothing about the code."""
    return _ENDINGS.get(conclusion, Status.SKIPPED)
