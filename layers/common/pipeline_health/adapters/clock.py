"""What time it is, and a little of it spent waiting."""

import random
import time


def now() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def pause(retry: int) -> None:
    """Full jitter: writers that met once do not meet again (AWS Builders' Library, "Timeouts, retries")."""
    time.sleep(random.uniform(0, min(1.0, 0.02 * 2**retry)))  # noqa: S311  # nosec B311  # no secret depends on it
