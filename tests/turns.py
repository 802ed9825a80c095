"""Several workers at once, one step at a time, in every order there is: what a race can only hope to meet."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Semaphore, Thread
from typing import Protocol

Work = Callable[["Worker"], None]


def _at_once() -> bool:
    return True


@dataclass
class Worker:
    """Runs `work`, which says `pause()` before each step that others may come before."""

    work: Work
    done: bool = False
    until: Callable[[], bool] = _at_once
    failed: list[Exception] = field(default_factory=list)
    _go: Semaphore = field(default_factory=lambda: Semaphore(0))
    _paused: Semaphore = field(default_factory=lambda: Semaphore(0))

    def __post_init__(self) -> None:
        Thread(target=self._run, daemon=True).start()
        self.step()

    def _run(self) -> None:
        self._go.acquire()
        try:
            self.work(self)
        except Exception as error:  # noqa: BLE001  # raised where the test is
            self.failed.append(error)
        self.done = True
        self._paused.release()

    def pause(self, until: Callable[[], bool] = _at_once) -> None:
        """Others may go on; this one goes on once `until` holds."""
        self.until = until
        self._paused.release()
        self._go.acquire()

    def step(self) -> None:
        self._go.release()
        self._paused.acquire()
        if self.failed:
            raise self.failed[0]


class World(Protocol):
    workers: list[Worker]


def play(world: World, choose: Callable[[int], int]) -> None:
    """Until nobody can go on; `choose(n)` says which of n workers takes the next step."""
    while able := [each for each in world.workers if not each.done and each.until()]:
        able[choose(len(able))].step()
    assert all(each.done for each in world.workers)


@dataclass
class _Path:
    """Follows `path`, then always the first; `taken` are the choices, each with how many there were."""

    path: list[int]
    taken: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, able: int) -> int:
        choice = self.path[len(self.taken)] if len(self.taken) < len(self.path) else 0
        self.taken.append((choice, able))
        return choice

    def next(self) -> "_Path | None":
        """The path after this one, depth first."""
        left = list(self.taken)
        while left and left[-1][0] + 1 == left[-1][1]:
            left.pop()
        return _Path([*(choice for choice, _ in left[:-1]), left[-1][0] + 1]) if left else None


def every_order(make: Callable[[], World]) -> Iterator[World]:
    """The world after each possible order of its workers' steps."""
    path: _Path | None = _Path([])
    while path:
        world = make()
        play(world, path)
        yield world
        path = path.next()
