"""Warming up: a start that trips is tried again, a stack that is broken is told of."""

import pytest

from local.warm import NotWarmError, _patiently


class Start:
    """Fails so many times, and then works."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def __call__(self, function: str) -> str:
        if self.failures:
            self.failures -= 1
            raise NotWarmError(f"{function} failed: dictionary changed size during iteration")
        return f"{function} runs"


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_start_that_trips_is_tried_again(failures: int) -> None:
    assert _patiently(Start(failures), "AlertsFunction") == "AlertsFunction runs"


def test_a_function_that_never_starts_is_told_of() -> None:
    with pytest.raises(NotWarmError, match="AlertsFunction failed"):
        _patiently(Start(3), "AlertsFunction")
