"""The embedded AWS and our port, served in this process."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from hypercorn.asyncio import serve
from hypercorn.config import Config

from local.front import App
from local.settings import BadSettingError


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A socket bound to the port, so that one that is taken is found out before anything else is done."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise BadSettingError(
            f"Port {port} on {host} cannot be used ({error.strerror}): stop what uses it, "
            f"or choose another with `make run {setting}={port + 1}`."
        ) from error
    return sock


def serving(app: App, sock: socket.socket, stop: Callable[[], Awaitable[object]]) -> asyncio.Task[None]:
    config = Config()
    config.bind = [f"fd://{sock.fileno()}"]
    config.loglevel = "ERROR"
    config.graceful_timeout = 1  # an open WebSocket would be waited for until then
    config.keep_alive_timeout = 75
    return asyncio.create_task(serve(app, config, shutdown_trigger=stop))  # type: ignore[arg-type]  # hypercorn's own App type
