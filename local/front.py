"""Our port: the HTTP API at / and the WebSocket API at /ws, served by the embedded AWS in this process."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from local.settings import HTTP_API, WEBSOCKET_API

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def front(aws: App) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":  # the embedded AWS starts and stops with its own port
            await _ready(receive, send)
        else:
            await aws(_addressed(scope), receive, send)

    return app


def _addressed(scope: Scope) -> Scope:
    websocket = scope["type"] == "websocket" and scope["path"] == "/ws"
    prefix = f"/_aws/execute-api/{WEBSOCKET_API if websocket else HTTP_API}"
    raw = scope.get("raw_path") or scope["path"].encode()
    return {**scope, "path": prefix + scope["path"], "raw_path": prefix.encode() + raw}


async def _ready(receive: Receive, send: Send) -> None:
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})
