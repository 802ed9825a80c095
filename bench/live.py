"""From a webhook to its message on the WebSocket: `python -m bench.live --port 8001` against a warm stack."""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

from bench.client import Figure, Webhook, new_repo, percentile, post, run, webhooks
from local.demo.sending import NotAcceptedError, Stack

ROUNDS: Final = 100
WARM_UP: Final = 5
GOAL_MS: Final = 500
PATIENCE_SECONDS: Final = 20


def measure(stack: Stack) -> Iterator[Figure]:
    repo = new_repo()
    with connect(f"{stack.url.replace('http', 'ws', 1)}/ws") as socket:
        _subscribe(socket, repo.full_name)
        sent = list(webhooks(repo, WARM_UP + ROUNDS))
        took = [_milliseconds(stack, socket, webhook) for webhook in sent][WARM_UP:]
    yield Figure(f"webhook to WebSocket, p50 of {ROUNDS}", percentile(took, 0.5), "ms")
    yield Figure(f"webhook to WebSocket, p95 of {ROUNDS}", percentile(took, 0.95), "ms", GOAL_MS)
    yield Figure(f"webhook to WebSocket, slowest of {ROUNDS}", max(took), "ms")


def _subscribe(socket: ClientConnection, repo: str) -> None:
    socket.send(json.dumps({"action": "subscribe", "filter": {"repo": repo}}))
    while _next(socket)["type"] != "subscribed":  # of other builds it is told until then
        pass


def _milliseconds(stack: Stack, socket: ClientConnection, webhook: Webhook) -> float:
    """From the first byte of the request to the message about just that build."""
    began = time.perf_counter()
    status, answer = post(stack, webhook)
    if status != 201:
        raise NotAcceptedError(f"A webhook was answered {status}: {answer[:300]!r}")
    build = json.loads(answer)["build"]["id"]
    while build not in [told["id"] for told in _next(socket)["builds"]]:
        pass
    return (time.perf_counter() - began) * 1000


def _next(socket: ClientConnection) -> dict[str, Any]:
    try:
        message: dict[str, Any] = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
    except TimeoutError:
        raise NotAcceptedError(f"Nothing came over the WebSocket for {PATIENCE_SECONDS} s.") from None
    return message


if __name__ == "__main__":
    run(measure, __doc__ or "")
