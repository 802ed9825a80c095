"""WebSockets end when their time is over or when what let them in is taken back, and no others."""

from collections.abc import Iterator

import pytest

from pipeline_health.domain.reader import ANYBODY, Reader
from pipeline_health.domain.subscription import OPEN_AT_MOST, OPENING, Connection, Delivery
from pipeline_health.flows.ending import end_all_over
from tests.live import NOW

HELD, TAKEN_BACK = "what holds", "what was taken back"
SINCE = NOW - OPENING


class Open:
    def __init__(self, *connections: Connection) -> None:
        self.connections = connections
        self.forgotten: list[str] = []

    def all(self) -> Iterator[Connection]:
        return iter(self.connections)

    def close(self, connection_id: str) -> None:
        self.forgotten.append(connection_id)


class Wire:
    def __init__(self, became: Delivery = Delivery.ENDED) -> None:
        self.became = became
        self.ended: list[str] = []

    def end(self, connection_id: str) -> Delivery:
        self.ended.append(connection_id)
        return self.became


def ended(*connections: Connection, passes: frozenset[str] = frozenset({HELD})) -> list[str]:
    known, wire = Open(*connections), Wire()
    counts = end_all_over(NOW, passes, known, wire)
    assert counts[Delivery.ENDED] == len(wire.ended)
    assert sorted(wire.ended) == sorted(known.forgotten)
    return sorted(wire.ended)


def test_it_ends_those_whose_token_was_taken_back_and_leaves_the_others() -> None:
    connections = [
        Connection("stays", SINCE, reader=Reader(HELD)),
        Connection("goes", SINCE, reader=Reader(TAKEN_BACK)),
        Connection("never was let in", SINCE, reader=ANYBODY),
    ]
    assert ended(*connections) == ["goes", "never was let in"]
    assert ended(*connections, passes=frozenset({HELD, TAKEN_BACK})) == ["never was let in"]


def test_it_ends_everybody_where_nothing_lets_in_any_more() -> None:
    assert ended(Connection("goes", SINCE, reader=Reader(HELD)), passes=frozenset()) == ["goes"]


def test_it_ends_what_has_been_open_for_two_hours() -> None:
    connections = [
        Connection("not yet", NOW - OPEN_AT_MOST + 1, reader=Reader(HELD)),
        Connection("now", NOW - OPEN_AT_MOST, reader=Reader(HELD)),
    ]
    assert ended(*connections) == ["now"]


def test_it_ends_what_a_token_opened_that_has_expired() -> None:
    connections = [
        Connection("not yet", SINCE, reader=Reader(HELD, until=NOW + 1)),
        Connection("now", SINCE, reader=Reader(HELD, until=NOW)),
    ]
    assert ended(*connections) == ["now"]


@pytest.mark.parametrize(
    ("became", "opened_at", "forgotten"),
    [
        (Delivery.GONE, SINCE, ["c"]),
        (Delivery.GONE, NOW, []),  # it is still opening, and called gone until it has
        (Delivery.FAILED, SINCE, []),
    ],
)
def test_it_looks_again_at_what_it_could_not_close(
    became: Delivery, opened_at: int, forgotten: list[str]
) -> None:
    known = Open(Connection("c", opened_at, reader=Reader(TAKEN_BACK)))
    assert end_all_over(NOW, frozenset({HELD}), known, Wire(became)) == {became: 1}
    assert known.forgotten == forgotten
