"""A rush: 2,000 webhooks from 32 clients at once, against a running stack: `python -m bench.load`."""

import json
import sys
import time
from collections.abc import Iterator
from typing import Final

from bench.client import Figure, Webhook, new_repo, percentile, post, run, webhooks
from local.demo.sending import NotAcceptedError, Stack, side_by_side

WEBHOOKS: Final = 2_000
CLIENTS: Final = 32
PIPELINES: Final = 8
PATIENCE_SECONDS: Final = 180


def measure(stack: Stack) -> Iterator[Figure]:
    repo = new_repo()
    sent = list(webhooks(repo, WEBHOOKS, PIPELINES))
    refused: list[str] = []
    took: list[float] = []

    def send(webhook: Webhook) -> None:
        began = time.perf_counter()
        status, answer = post(stack, webhook)
        took.append((time.perf_counter() - began) * 1000)
        if not 200 <= status < 300:
            refused.append(f"{status}: {answer[:300].decode(errors='replace')}")

    began = time.perf_counter()
    side_by_side(send, sent, CLIENTS)
    seconds = time.perf_counter() - began
    what = f"{WEBHOOKS} webhooks, {CLIENTS} clients"
    yield Figure(f"{what}: not answered 2xx", len(refused), "", 0)
    for answer in refused[:3]:
        print(answer, file=sys.stderr)
    yield Figure(f"{what}: answer, p50", percentile(took, 0.5), "ms")
    yield Figure(f"{what}: answer, p95", percentile(took, 0.95), "ms")
    yield Figure(f"{what}: all answered", seconds, "s")
    missing = WEBHOOKS - counted(stack, repo.full_name, WEBHOOKS, began + PATIENCE_SECONDS)
    yield Figure(f"{what}: not counted exactly once", abs(missing), "", 0)
    yield Figure(f"{what}: all counted", time.perf_counter() - began, "s")


def counted(stack: Stack, repo: str, wanted: int, deadline: float) -> int:
    """How many builds the summary counts in the end: once it says all, or there is no more patience."""
    counted = 0
    while counted < wanted and time.perf_counter() < deadline:
        time.sleep(0.5)
        status, answer = stack.get(f"/metrics/summary?window=24h&repo={repo}")
        if status != 200:
            raise NotAcceptedError(f"GET /metrics/summary answered {status}: {answer[:300]!r}")
        counted = sum(json.loads(answer)["builds"].values())
    return counted


if __name__ == "__main__":
    run(measure, __doc__ or "")
