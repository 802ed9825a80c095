"""Starts the embedded AWS, deploys, warms up, opens our port, and ends it all again."""

import asyncio
import json
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import ClientError
from ministack.app import app as aws_app
from ministack.core import lambda_runtime

from local.console import Console
from local.deploy import Aws, DeployError, deploy, functions
from local.expressions import read_expressions_once
from local.front import front
from local.queries import go_to_the_place
from local.retries import retry_deliveries
from local.server import listen, serving
from local.settings import BadSettingError, Settings
from local.warm import NotWarmError, warm


async def run(settings: Settings) -> None:
    started = time.monotonic()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    aws_socket = listen(settings.host, settings.aws_port, "AWS_PORT")
    our_socket = listen(settings.host, settings.port, "PORT")
    with _own_folder(settings.folder):
        servers = [serving(aws_app, aws_socket, stop.wait)]
        starting = asyncio.create_task(_start(settings))
        try:
            await _until(stop, starting, *servers)
            if not stop.is_set():
                servers.append(serving(front(aws_app), our_socket, stop.wait))
                print(_ready(settings, time.monotonic() - started), flush=True)
                await _until(stop, *servers)
        except (DeployError, NotWarmError, ClientError) as error:
            raise BadSettingError(f"the stack could not be started. {error}") from error
        finally:
            stop.set()
            starting.cancel()
            await asyncio.gather(*servers, starting, return_exceptions=True)
            lambda_runtime.reset()  # ends the functions' processes


async def _until(stop: asyncio.Event, *tasks: asyncio.Task[None]) -> None:
    """Until it is to stop or a task is done; what a task failed with is raised."""
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _start(settings: Settings) -> None:
    retry_deliveries()
    read_expressions_once()
    go_to_the_place()
    console = Console()
    await asyncio.to_thread(deploy, settings)
    deployed = await asyncio.to_thread(functions, settings)
    await warm(settings, aws_app, deployed)
    await asyncio.to_thread(_write_sam_environment, settings, deployed)
    console.muted = False


def _write_sam_environment(settings: Settings, deployed: dict[str, str]) -> None:
    """What each function is told here, for `sam local start-api --env-vars`."""
    client = Aws(settings.aws_url).client("lambda")
    variables = {
        logical_id: {
            **client.get_function_configuration(FunctionName=name)["Environment"]["Variables"],
            "AWS_ENDPOINT_URL": settings.container_aws_url,
        }
        for logical_id, name in deployed.items()
    }
    (settings.folder / "sam-env.json").write_text(json.dumps(variables, indent=1), encoding="utf-8")


@contextmanager
def _own_folder(folder: Path) -> Iterator[None]:
    """A fresh folder for everything this run writes.

    One that is there already was left by a run that was killed: the port it is named after is ours now.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ready(settings: Settings, seconds: float) -> str:
    return (
        f"Started in {seconds:.1f} s. Ctrl-C ends it. The embedded AWS answers at {settings.aws_url}\n"
        f"READY  {settings.url}  docs {settings.url}/docs  websocket {settings.websocket_url}"
    )
