"""Build events to open connections: each once, in one message, and nobody waits for the dead."""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline_health.domain.events import BuildEvent
from pipeline_health.domain.reader import Reader
from pipeline_health.domain.subscription import OPEN_AT_MOST, OPENING, Connection, Delivery, Filter
from pipeline_health.domain.view import build_view
from pipeline_health.flows import broadcast as flow
from pipeline_health.flows.broadcast import MESSAGE_LIMIT, broadcast
from pipeline_health.flows.ending import THREADS
from tests.live import NOW, a_build, an_event


class Open:
    """Connections that have been open for a while, unless they are given."""

    def __init__(self, *connections: Connection | str) -> None:
        self.connections = [Connection(c, NOW - OPENING) if isinstance(c, str) else c for c in connections]
        self.listed = 0
        self.closed: list[str] = []

    def all(self) -> Iterator[Connection]:
        self.listed += 1
        return iter(self.connections)

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)


class Wire:
    def __init__(self, **fates: Delivery) -> None:
        self.fates = fates
        self.sent: dict[str, list[bytes]] = defaultdict(list)
        self.ended: list[str] = []

    def send(self, connection_id: str, message: bytes) -> Delivery:
        self.sent[connection_id].append(message)
        return self.fates.get(connection_id, Delivery.SENT)

    def end(self, connection_id: str) -> Delivery:
        self.ended.append(connection_id)
        return Delivery.ENDED

    def builds_to(self, connection_id: str) -> list[dict[str, Any]]:
        messages = [json.loads(message) for message in self.sent[connection_id]]
        assert all(message["type"] == "builds" for message in messages)
        return [build for message in messages for build in message["builds"]]


def told(events: list[BuildEvent], *connections: Connection | str) -> Wire:
    wire = Wire()
    broadcast(events, NOW, Open(*connections), wire)
    return wire


def wanting(connection_id: str, **wanted: Any) -> Connection:
    return Connection(connection_id, NOW - OPENING, Filter.model_validate(wanted))


def test_it_tells_every_connection_of_all_builds_in_one_message() -> None:
    events = [an_event(run="1"), an_event(run="2", change="broken")]
    wire = told(events, "c1", "c2")
    for connection_id in ("c1", "c2"):
        assert len(wire.sent[connection_id]) == 1
        assert wire.builds_to(connection_id) == [
            build_view(a_build(run="1")),
            {**build_view(a_build(run="2")), "change": "broken"},
        ]


def test_it_tells_a_connection_only_what_it_wants_and_nothing_when_that_is_nothing() -> None:
    events = [an_event(run="1", repo="acme/shop"), an_event(run="2", repo="acme/api")]
    wire = told(events, wanting("api", repo="acme/api"), wanting("none", repo="acme/web"), "all")
    assert [build["repo"] for build in wire.builds_to("api")] == ["acme/api"]
    assert len(wire.builds_to("all")) == 2
    assert "none" not in wire.sent


def test_it_knows_which_branch_is_the_default_one() -> None:
    events = [an_event(run="1", branch="trunk", default=True), an_event(run="2", branch="fix")]
    wire = told(events, wanting("c1", branch="default"))
    assert [build["branch"] for build in wire.builds_to("c1")] == ["trunk"]


def test_it_tells_of_a_build_once_as_it_is_in_the_end() -> None:
    running, failed = an_event(1, status="in_progress"), an_event(2, status="failure", change="broken")
    for events in ([running, failed], [failed, running], [failed, running, failed]):
        (build,) = told(events, "c1").builds_to("c1")
        assert (build["status"], build["change"]) == ("failure", "broken")


def test_it_says_the_same_again_when_it_is_told_twice() -> None:
    first, second = (told([an_event(change="broken")], "c1") for _ in range(2))
    assert first.sent == second.sent


def test_it_asks_nobody_when_there_is_nothing_to_tell() -> None:
    connections = Open("c1")
    assert broadcast([], NOW, connections, Wire()) == Counter()
    assert connections.listed == 0


def test_it_forgets_exactly_the_connections_that_are_gone() -> None:
    connections = Open("alive", "gone", "slow", "late")
    wire = Wire(gone=Delivery.GONE, slow=Delivery.FAILED)
    counts = broadcast([an_event()], NOW, connections, wire)
    assert connections.closed == ["gone"]
    assert counts == {Delivery.SENT: 2, Delivery.GONE: 1, Delivery.FAILED: 1}


def test_it_keeps_a_connection_that_is_still_opening_though_the_service_calls_it_gone() -> None:
    connections = Open(Connection("new", NOW - OPENING + 1))
    counts = broadcast([an_event()], NOW, connections, Wire(new=Delivery.GONE))
    assert connections.closed == []
    assert counts == {Delivery.GONE: 1}


@pytest.mark.parametrize(
    "over",
    [
        Connection("over", NOW - OPEN_AT_MOST),
        Connection("over", NOW - OPENING, reader=Reader("a token's", until=NOW)),
    ],
)
def test_it_closes_a_connection_whose_time_is_over_instead_of_telling_it(over: Connection) -> None:
    connections, wire = Open(over, Connection("just not", NOW - OPEN_AT_MOST + 1)), Wire()
    counts = broadcast([an_event()], NOW, connections, wire)
    assert counts == {Delivery.SENT: 1, Delivery.ENDED: 1}
    assert list(wire.sent) == ["just not"]
    assert wire.ended == connections.closed == ["over"]


def test_it_splits_what_does_not_fit_and_loses_nothing() -> None:
    events = [an_event(run=str(number), title="ü" * 512, logs="l" * 8000) for number in range(400)]
    wire = told(events, "c1")
    assert len(wire.sent["c1"]) > 1
    assert all(len(message) <= MESSAGE_LIMIT for message in wire.sent["c1"])
    assert len(wire.sent["c1"][0]) > MESSAGE_LIMIT - 2_500
    assert [build["id"] for build in wire.builds_to("c1")] == [event.build.id for event in events]


def test_the_largest_build_fits_in_a_message() -> None:
    name = "\U0001f600" * 512
    largest = dict.fromkeys(
        ("repo", "pipeline", "branch", "commit", "conclusion", "event", "actor", "title"), name
    )
    wire = told([an_event(**largest, url="https://x.example/" + "u" * 2000)], "c1")
    assert len(wire.sent["c1"][0]) < MESSAGE_LIMIT / 3


def test_it_gives_up_a_connection_at_the_first_message_that_fails() -> None:
    events = [an_event(run=str(number), title="t" * 512) for number in range(400)]
    wire = Wire(slow=Delivery.FAILED)
    assert broadcast(events, NOW, Open("slow"), wire) == {Delivery.FAILED: 1}
    assert len(wire.sent["slow"]) == 1


def test_it_writes_a_build_once_however_many_connections_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def counted(build: Any) -> dict[str, Any]:
        written.append(build.id)
        return build_view(build)

    monkeypatch.setattr(flow, "build_view", counted)
    some = [wanting(f"a{number}", repo="acme/shop") for number in range(50)]
    wire = told([an_event(run="1"), an_event(run="2")], *some, "all", "too")
    assert len(written) == 2
    assert len({id(wire.sent[each.id][0]) for each in some}) == 1


class Together:
    """A socket API that answers nobody before `THREADS` calls wait side by side."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(THREADS)
        self.calls: Counter[str] = Counter()

    def send(self, connection_id: str, message: bytes) -> Delivery:
        self.calls[connection_id] += 1
        self.barrier.wait(timeout=30)
        return Delivery.SENT

    def end(self, connection_id: str) -> Delivery:
        raise AssertionError(connection_id)


def test_it_reaches_a_thousand_connections_side_by_side_with_one_call_each() -> None:
    thousand = [f"c{number}" for number in range(THREADS * 32)]
    connections, sockets = Open(*thousand), Together()
    assert broadcast([an_event()], NOW, connections, sockets) == {Delivery.SENT: len(thousand)}
    assert sockets.calls == dict.fromkeys(thousand, 1)
    assert connections.listed == 1
    assert len(thousand) / THREADS * 0.020 < 1  # seconds, at 20 ms a call
