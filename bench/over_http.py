"""p50 of every GET route at 100,000 stored builds by that at 1,000, over HTTP: `python -m bench.over_http`.

Two local stacks of our own, filled with histories that end now (bench.history). They are asked each question
in turn, so that whatever else this machine does meets them alike.
"""

import argparse
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from statistics import median
from typing import Any, Final
from urllib.parse import quote

from botocore.config import Config
from botocore.session import get_session

from bench.client import Figure, show
from bench.every import GROWN, QUESTIONS, SLICES, Question
from bench.history import items_of
from bench.own_stack import OwnStack, own_stack
from bench.summary import WRITES, in_turn, write
from local.demo.sending import Stack, side_by_side
from local.translate import REGION
from pipeline_health.adapters.dynamodb import Item

FEW: Final = 1_000
MOST: Final = 100_000
ROUNDS: Final = 30
NUMBERS: Final = 3  # times, where hours and days fill up, which the embedded AWS takes apart each time
FILLING: Final = ("/metrics/summary?window=90d", "/metrics/timeseries", "/metrics/jobs")
FILTERED: Final = (
    7  # a filter that lets nothing through looks at six slices, which a thousand builds do not fill
)
WRITERS: Final = 3


def measure(most: int) -> Iterator[Figure]:
    with ExitStack() as opened:
        stacks = {size: opened.enter_context(_filled(size)) for size in (FEW, most)}
        for question in QUESTIONS:
            asks = {size: partial(_ask, stack, question.at(size)) for size, stack in stacks.items()}
            took = in_turn(asks, time.perf_counter, ROUNDS)
            yield from _figures(question, {size: median(some) for size, some in took.items()})


def _figures(question: Question, p50: Mapping[int, float]) -> Iterator[Figure]:
    few, many = p50
    yield Figure(f"{question.url}: p50 of {few:,}", p50[few], "ms")
    yield Figure(f"... of {many:,}", p50[many], "ms")
    yield Figure(f"... by that of {few:,}", p50[many] / p50[few], "", _goal(question))


def _goal(question: Question) -> float:
    if question.grown == SLICES:
        return FILTERED
    return NUMBERS if question.url.startswith(FILLING) else GROWN


@contextmanager
def _filled(size: int) -> Iterator[Stack]:
    with own_stack() as own, closing(Stack("localhost", own.port)) as stack:
        _fill(own, size)
        window = json.loads(_ask(stack, "/metrics/summary?window=90d"))
        if not 0.4 < sum(window["builds"].values()) / size < 0.6:
            raise RuntimeError(f"half of the builds are of 90 days, but the summary says {window['builds']}")
        yield stack


def _fill(own: OwnStack, size: int) -> None:
    """No function hears of it, for it would count each build again."""
    client = _client(own)
    tables = {name.split("-")[-2]: name for name in client.list_tables()["TableNames"]}
    for name in tables.values():
        if "StreamSpecification" in client.describe_table(TableName=name)["Table"]:
            client.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    puts = _together(items_of(size, time.time_ns() // 1_000_000))
    side_by_side(lambda put: write(client, tables[put[0]], put[1]), puts, WRITERS)


def _client(own: OwnStack) -> Any:
    return get_session().create_client(
        "dynamodb",
        REGION,
        endpoint_url=f"http://127.0.0.1:{own.aws_port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False),
    )


def _together(items: Iterable[tuple[str, Item]]) -> Iterator[tuple[str, list[Item]]]:
    """As many of one table as are written at once."""
    for name, some in groupby(items, itemgetter(0)):
        own = (item for _, item in some)
        while together := list(islice(own, WRITES)):
            yield name, together


def _ask(stack: Stack, url: str) -> bytes:
    status, answer = stack.get(quote(url, safe="/?=&+%"))
    if status != 200:
        raise RuntimeError(f"{url} was answered {status}: {answer[:300]!r}")
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=MOST)
    show(measure(parser.parse_args().most))


if __name__ == "__main__":
    main()
