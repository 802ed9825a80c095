"""Cold starts of every function as it is deployed, beside the floor: `make bench-cold`.

The floor is a handler that only builds boto3's client, in the same layer; the empty handler imports nothing.
Every sample is a new process of the Python that Lambda runs, and all functions take turns: what others do on
the machine meets all alike.
"""

import argparse
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.client import Figure, show
from bench.runtime_api import started_ms
from local.pack import LAYER
from local.translate import load

SAMPLES: Final = 20
FLOOR: Final = "import boto3\nboto3.client('dynamodb')\n"
HANDLER: Final = "def handler(event, context): return {}\n"
TIMES_THE_FLOOR: Final = {"IngestFunction": 1.25, "ApiFunction": 2.0, "AuthorizerFunction": 2.0}
USUALLY: Final = 1.4
DASHBOARD: Final = 60  # ms above the empty handler


@dataclass(frozen=True)
class Function:
    name: str
    handler: str
    path: list[Path]


def functions(build: Path, made: Path) -> Iterator[Function]:
    layer = build / LAYER
    for name, source in (("empty", HANDLER), ("floor", FLOOR + HANDLER)):
        (made / f"{name}_handler.py").write_text(source, encoding="utf-8")
        yield Function(name, f"{name}_handler.handler", [made, layer])
    for name, resource in load()["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties: Any = resource["Properties"]
            yield Function(name, properties["Handler"], [build / name, layer])


def measured(python: Path, some: list[Function]) -> dict[str, float]:
    """Milliseconds, the median of each; the first round warms the disk's cache."""
    runtime = next(python.parent.parent.glob("lib/python3*/site-packages"))
    took: dict[str, list[float]] = {each.name: [] for each in some}
    for _ in range(SAMPLES + 1):
        for each in some:
            took[each.name].append(started_ms(python, each.handler, [*each.path, runtime], {}))
    return {name: statistics.median(samples[1:]) for name, samples in took.items()}


def figures(took: dict[str, float]) -> Iterator[Figure]:
    yield Figure("cold start: an empty handler", took.pop("empty"), "ms")
    floor = took.pop("floor")
    yield Figure("cold start: the floor, boto3's client alone", floor, "ms")
    for name, milliseconds in took.items():
        yield Figure(f"cold start: {name}", milliseconds, "ms")
        if name != "DashboardFunction":
            goal = TIMES_THE_FLOOR.get(name, USUALLY)
            yield Figure(f"cold start: {name} by the floor", milliseconds / floor, "", goal)


def main() -> None:
    parser = argparse.ArgumentParser(description="Cold starts of what `make build` built.")
    parser.add_argument("build", type=Path)
    parser.add_argument("python", type=Path, help="Python 3.13 of an environment with awslambdaric")
    options = parser.parse_args()
    with TemporaryDirectory() as made:
        some = list(functions(options.build.resolve(), Path(made)))
        took = measured(options.python.absolute(), some)  # each starts in its own folder
    dashboard = took["DashboardFunction"] - took["empty"]
    above = Figure("cold start: DashboardFunction above the empty handler", dashboard, "ms", DASHBOARD)
    show(iter([*figures(took), above]))


if __name__ == "__main__":
    main()
