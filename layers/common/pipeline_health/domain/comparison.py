"""A window against the equal one before it: the same figures, and how far each has moved."""

from pipeline_health.domain.figures import Figures


def difference(figures: Figures, before: Figures) -> Figures:
    """Each figure less what it was; None where either window has none."""
    return {name: _less(figures[name], before[name]) for name in figures}


def _less(figure: object, before: object) -> object:
    if isinstance(figure, dict) and isinstance(before, dict):
        return difference(figure, before)
    if isinstance(figure, int | float) and isinstance(before, int | float):
        return round(figure - before, 3)
    return None
