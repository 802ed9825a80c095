"""20 webhooks a second for a minute, against a running stack: `python -m bench.steady`.

Each is due at its moment, whether or not those before it were answered, and its time runs from then: a stack
that stands still for a second is late for twenty, not for one.
"""

import time
from collections.abc import Iterator
from typing import Final

from bench.client import Figure, Webhook, new_repo, percentile, post, run, webhooks
from bench.load import PATIENCE_SECONDS, counted
from local.demo.sending import Stack, side_by_side

A_SECOND: Final = 20
SECONDS: Final = 60
PIPELINES: Final = 8
CLIENTS: Final = 32
WARM_UP: Final = 320  # from all clients at once, so that as many functions run as ever will
SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "slowest": 1.0}


def measure(stack: Stack) -> Iterator[Figure]:
    side_by_side(lambda webhook: post(stack, webhook), list(webhooks(new_repo(), WARM_UP)), CLIENTS)
    repo, count = new_repo(), A_SECOND * SECONDS
    made = list(webhooks(repo, count, PIPELINES))
    began = time.perf_counter()
    sent = [(began + number / A_SECOND, webhook) for number, webhook in enumerate(made)]
    took, refused = _sent(stack, sent)
    what = f"{A_SECOND} webhooks a second for {SECONDS} s"
    yield Figure(f"{what}: not answered 2xx", refused, "", 0)
    for name, share in SHARES.items():
        yield Figure(f"{what}: answer, {name}", percentile(took, share), "ms")
    missing = count - counted(stack, repo.full_name, count, time.perf_counter() + PATIENCE_SECONDS)
    yield Figure(f"{what}: not counted exactly once", abs(missing), "", 0)
    last = sent[-1][0]
    yield Figure(f"{what}: all counted after the last", time.perf_counter() - last, "s")


def _sent(stack: Stack, due: list[tuple[float, Webhook]]) -> tuple[list[float], int]:
    """How long each took, in ms since it was due, and how many were refused."""
    took: list[float] = []
    refused: list[int] = []

    def send(one: tuple[float, Webhook]) -> None:
        at, webhook = one
        time.sleep(max(0.0, at - time.perf_counter()))
        status, _ = post(stack, webhook)
        took.append((time.perf_counter() - at) * 1000)
        if not 200 <= status < 300:
            refused.append(status)

    side_by_side(send, due, CLIENTS)
    return took, len(refused)


if __name__ == "__main__":
    run(measure, __doc__ or "")
