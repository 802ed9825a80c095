"""Functions as AWS calls them, on moto, with a wire in between that can be cut anywhere."""

from collections.abc import Callable, Iterator

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from tests.faults.wire import Wire, wired
from tests.faults.worlds import WORLDS, World, forget


@pytest.fixture
def wire(dynamodb: DynamoDBClient) -> Iterator[Wire]:
    with wired() as wire:
        yield wire


@pytest.fixture
def made(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], World]]:
    worlds: list[World] = []

    def make(name: str) -> World:
        worlds.append(WORLDS[name](dynamodb, monkeypatch))
        forget(worlds[-1].caches)
        return worlds[-1]

    yield make
    for world in worlds:
        forget(world.caches)  # its clients are this test's
