"""Slower: the p95 of a window against that of the window before. One gate alone is noise: it takes both."""

from typing import Final

from pipeline_health.domain.figures import Figures

MORE: Final = 1.2  # times as long
SECONDS: Final = 60  # longer
BUILDS: Final = 20  # successful ones, in each window


def slower(figures: Figures, before: Figures) -> bool | None:
    """None where either window has too few builds to tell."""
    now, then = figures["duration"], before["duration"]
    if min(now["builds"], then["builds"]) < BUILDS:
        return None
    return bool(now["p95"] >= MORE * then["p95"] and now["p95"] - then["p95"] >= SECONDS)
