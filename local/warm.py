"""Sends one build all the way before anybody else does, so that the first real one pays for no start.

It is the whole way: webhook, table, stream, aggregates, topic, WebSocket, REST. So a stack that says READY
works, and a broken one says where it stopped. What the build left behind is removed.
"""

import asyncio
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from local.deploy import STACK, Aws
from local.front import App, Message
from local.secret import value
from local.settings import HTTP_API, WEBSOCKET_API, Settings

_TRIES: Final = 3
_DEADLINE: Final = 30  # seconds; a warm stack needs a tenth of one
_FED: Final = (
    "AggregateFunction",
    "JobsFunction",
    "BroadcastFunction",
    "AlertsFunction",
)  # by a stream or a topic
_READS: Final = (
    "/",
    "/metrics/summary?window=7d",
    "/builds?limit=1",
    "/pipelines",
    "/changes",
    "/cctray.xml",
    "/docs",
)


Result = TypeVar("Result")


class NotWarmError(Exception):
    """The first build did not come through; the message says where it stopped."""


class Socket:
    """A WebSocket client of an ASGI application in this process."""

    def __init__(self, app: App, path: str, query: str) -> None:
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._task = asyncio.ensure_future(app(_scope(path, query), self._to_app.get, self._from_app.put))
        self._to_app.put_nowait({"type": "websocket.connect"})

    async def next(self, step: str) -> Message:
        try:
            async with asyncio.timeout(_DEADLINE):
                return await self._from_app.get()
        except TimeoutError:
            raise NotWarmError(f"{step}: nothing came within {_DEADLINE} s") from None

    def send(self, text: str) -> None:
        self._to_app.put_nowait({"type": "websocket.receive", "text": text})

    async def close(self) -> None:
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self._task


async def warm(settings: Settings, aws_app: App, functions: dict[str, str]) -> None:
    ticket = await asyncio.to_thread(_patiently, _ticket, settings, functions["TicketFunction"])
    socket = Socket(aws_app, f"/_aws/execute-api/{WEBSOCKET_API}/ws", f"ticket={ticket}")
    await asyncio.gather(
        _open(socket),
        asyncio.to_thread(_patiently, _ask, settings, "/ingest/github", b"{}"),
        asyncio.to_thread(_patiently, _ask, settings, "/health"),
        *(asyncio.to_thread(_patiently, _invoke, settings, functions[name]) for name in _FED),
    )
    await asyncio.to_thread(_send_build, settings)
    await socket.next("telling a WebSocket of a build")
    token = await asyncio.to_thread(_read_token, settings)
    for path in _READS:
        await asyncio.to_thread(_patiently, _ask, settings, path, None, token)
    await socket.close()
    await asyncio.to_thread(_forget, settings)


async def _open(socket: Socket) -> None:
    opened = await socket.next("opening a WebSocket")
    if opened["type"] != "websocket.accept":
        raise NotWarmError(f"the WebSocket was refused: {opened}")
    socket.send('{"action": "ping"}')
    await socket.next("answering a ping")


def _scope(path: str, query: str) -> dict[str, Any]:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 0),
        "subprotocols": [],
        "extensions": {},
    }


def _patiently(work: Callable[..., Result], *what: Any) -> Result:
    """Again where it fails: the embedded AWS starts many functions at once, and now and then one start trips
    over another ("dictionary changed size during iteration").
    """
    for _ in range(_TRIES - 1):
        try:
            return work(*what)
        except NotWarmError:
            continue
    return work(*what)


def _invoke(settings: Settings, function: str, event: bytes = b'{"Records": []}') -> Any:
    answer = Aws(settings.aws_url).client("lambda").invoke(FunctionName=function, Payload=event)
    said = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise NotWarmError(f"{function} failed: {said}")
    return json.loads(said)


def _ticket(settings: Settings, function: str) -> str:
    """From the function itself: we have no token of an identity provider."""
    return str(json.loads(_invoke(settings, function, b"{}")["body"])["ticket"])


def _read_token(settings: Settings) -> dict[str, str]:
    if not settings.locked or "OidcIssuer" in settings.parameters:
        return {}
    token = value(Aws(settings.aws_url).client, STACK, "read")
    return {"Authorization": f"Bearer {token}"}


def _send_build(settings: Settings) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    build = {"pipeline": "warm-up", "repo": "local/warm-up", "branch": "main", "status": "success"}
    body = json.dumps(build | {"started_at": now, "completed_at": now}).encode()
    answer = _ask(settings, "/ingest/github", body, _signature(settings, body) if settings.locked else {})
    if answer >= 400:
        raise NotWarmError(f"the first webhook was refused ({answer})")


def _signature(settings: Settings, body: bytes) -> dict[str, str]:
    secret = value(Aws(settings.aws_url).client, STACK, "webhook").encode()
    return {"X-Hub-Signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"}


def _ask(
    settings: Settings, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> int:
    """The status; an answer that refuses warms a function as well as any."""
    url = f"{settings.aws_url}/_aws/execute-api/{HTTP_API}{path}"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=_DEADLINE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        if error.code < 500:
            return error.code
        raise NotWarmError(f"{path} answered {error.code}: {error.read().decode()[:500]}") from error


def _forget(settings: Settings) -> None:
    """Leaves every table as it was deployed: empty."""
    aws = Aws(settings.aws_url)
    dynamodb = aws.client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        keys = [
            key["AttributeName"] for key in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
        ]
        for item in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={key: item[key] for key in keys})
