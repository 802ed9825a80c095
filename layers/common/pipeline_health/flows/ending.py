"""The end of a WebSocket that did not end by itself: its time is over, or what let it in was taken back."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

from pipeline_health.domain.subscription import Connection, Delivery

THREADS: Final = 32  # 1,000 connections at 20 ms a call: 0.6 s of waiting


class OpenConnections(Protocol):
    """Every connection that is open, as far as anyone knows."""

    def all(self) -> Iterator[Connection]: ...
    def close(self, connection_id: str) -> None: ...


class Closing(Protocol):
    """The way to close a connection; never raises for what its other end does."""

    def end(self, connection_id: str) -> Delivery: ...


def end_all_over(
    now: int, passes: frozenset[str], connections: OpenConnections, sockets: Closing
) -> Counter[Delivery]:
    """Ends those that are over, or whose reader was let in by none of `passes`; what became of them."""
    with ThreadPoolExecutor(THREADS) as side_by_side:
        over = (each for each in connections.all() if each.is_over(now) or each.reader.pass_id not in passes)
        ends = [side_by_side.submit(end, each, now, connections, sockets) for each in over]
    return Counter(each.result() for each in ends)


def end(connection: Connection, now: int, connections: OpenConnections, sockets: Closing) -> Delivery:
    """Closed and forgotten; one that could not be closed is known still, for the next look."""
    became = sockets.end(connection.id)
    if became is Delivery.ENDED or (became is Delivery.GONE and not connection.may_be_opening(now)):
        connections.close(connection.id)
    return became
