"""`make demo`: some weeks of believable builds, sent to a running stack as their senders would send them."""

import argparse
import json
import os
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from random import Random
from typing import Final

from tqdm import tqdm

from local.demo.deliveries import Delivery, deliveries
from local.demo.history import History, Run
from local.demo.keys import keys
from local.demo.moments import SECOND
from local.demo.sending import NotAcceptedError, Stack, side_by_side
from local.demo.world import Pipeline, pipelines

THREADS: Final = 16


def main() -> None:
    options = _options()
    try:
        with closing(Stack(options.host, options.port)) as stack:
            _send(stack, options)
    except NotAcceptedError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped. What was sent so far is stored.")


def _options() -> argparse.Namespace:
    """Each option also as a variable, for `make demo WEEKS=12`."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--host", default="localhost")
    for name, default, most in (
        ("port", 8001, 65535),
        ("weeks", 6, 52),
        ("pipelines", 12, 96),
        ("seed", secrets.randbelow(10_000), 10**9),
    ):
        given = os.environ.get(name.upper()) or str(default)
        parser.add_argument(f"--{name}", type=_up_to(most), default=given, help=f"(default: {given})")
    return parser.parse_args()


def _up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not 0 <= int(text) <= most:
            raise ValueError(text)
        return int(text)

    return number


def _send(stack: Stack, options: argparse.Namespace) -> None:
    began = time.monotonic()
    now = time.time_ns() // 1_000_000 // SECOND * SECOND
    chosen = pipelines(options.pipelines)
    history = History(chosen, options.weeks, now, Random(options.seed))
    runs = history.runs()
    breaking = history.breaking(chosen[0])
    known = keys(stack)
    secret, stack.read_token = known.webhook, known.read
    print(f"{options.weeks} weeks of {len(chosen)} pipelines, seed {options.seed}")
    _post_all(stack, [each for run in runs for each in deliveries(run, now, secret)])
    _wait_until_counted(stack, options.weeks)
    _break(stack, breaking, secret)
    print(f"Sent {len(runs) + 1} builds in {time.monotonic() - began:.0f} s.")
    _say_what_to_look_at(stack, runs, now, options)


def _post_all(stack: Stack, webhooks: list[Delivery]) -> None:
    with tqdm(total=len(webhooks), unit=" webhooks", smoothing=0.1, disable=None) as progress:

        def post(webhook: Delivery) -> None:
            _post(stack, webhook)
            progress.update()

        side_by_side(post, sorted(webhooks, key=lambda webhook: webhook.at), THREADS)


def _post(stack: Stack, webhook: Delivery) -> None:
    status, answer = stack.post(webhook.path, webhook.headers, webhook.body)
    if status == 401:
        raise NotAcceptedError(
            f"{stack.url} asks for a signature (AUTH=on): give the demo the AWS_PORT= that the stack has, "
            "or its secret, `make demo WEBHOOK_SECRET=...`."
        )
    if status not in (200, 201):
        raise NotAcceptedError(f"{webhook.path} answered {status}: {answer[:500].decode(errors='replace')}")


def _wait_until_counted(stack: Stack, weeks: int) -> None:
    """So that what breaks in front of everybody does not queue behind six weeks of history."""
    before, counted = -1, 0
    while counted != before:
        time.sleep(2)
        before, counted = counted, _counted(stack, weeks)


def _counted(stack: Stack, weeks: int) -> int:
    status, answer = stack.get(f"/metrics/summary?window={weeks * 7}d")
    return sum(json.loads(answer)["builds"].values()) if status == 200 else 0


def _break(stack: Stack, breaking: Run, secret: str) -> None:
    """In front of whoever has the page open: it is running, and then it has failed."""
    *before, _ = deliveries(breaking, breaking.completed_at, secret)
    for webhook in before:
        _post(stack, webhook)
    now = time.time_ns() // 1_000_000 // SECOND * SECOND
    *_, end = deliveries(replace(breaking, completed_at=now), now, secret)
    _post(stack, end)


def _say_what_to_look_at(stack: Stack, runs: list[Run], now: int, options: argparse.Namespace) -> None:
    chosen = pipelines(options.pipelines)
    running = sum(run.started_at <= now < run.completed_at for run in runs)
    print(
        f"Still running: {running} builds. Just broken: {_named(chosen[:1])}.\n"
        f"Failing for longer: {_named([each for each in chosen if each.ends == 'failing'])}.\n"
        f"Slower since last week: {_named([each for each in chosen if each.slower])}.\n\n"
        f"Look at {stack.url}/ and\n"
        f"  {stack.url}/metrics/summary?window={options.weeks * 7}d\n"
        f"  {stack.url}/pipelines\n"
        f"  {stack.url}/changes\n"
        f"  {stack.url}/builds?limit=20&status=failure\n"
        f"  {stack.url}/docs\n"
        f"`make demo SEED={options.seed}` tells the same story again."
    )


def _named(chosen: list[Pipeline]) -> str:
    return ", ".join(f"{each.name} of {each.repo.full_name}" for each in chosen) or "none"


if __name__ == "__main__":
    main()
