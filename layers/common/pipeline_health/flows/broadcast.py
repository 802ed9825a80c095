"""Build events to every open connection that wants them."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final, Protocol

from pipeline_health.domain.events import BuildEvent
from pipeline_health.domain.subscription import Connection, Delivery, Filter
from pipeline_health.domain.view import View, build_view
from pipeline_health.flows.connections import Sockets
from pipeline_health.flows.ending import THREADS, Closing, OpenConnections, end

MESSAGE_LIMIT: Final = 128_000  # bytes; API Gateway refuses more than 128 KB

_HEAD: Final = b'{"type":"builds","builds":['
_TAIL: Final = b"]}"

Messages = tuple[bytes, ...]


class Lines(Sockets, Closing, Protocol):
    """The way to an open connection, and to its end."""


def broadcast(
    events: Iterable[BuildEvent], now: int, connections: OpenConnections, sockets: Lines
) -> Counter[Delivery]:
    """Tells each connection once of everything it wants; how many were told, gone, or could not be reached.

    Nothing is retried: a page that missed a message catches up by REST, and nobody waits for it. Being
    called twice with the same events is harmless, because a message says how builds are, not what to add.
    """
    news = newest(events)
    if not news:
        return Counter()
    messages = _messages_about(news)

    def deliver(connection: Connection) -> Delivery:
        return _deliver(connection, messages(connection.wants), now, connections, sockets)

    with ThreadPoolExecutor(THREADS) as side_by_side:
        told = (each for each in connections.all() if messages(each.wants))
        deliveries = [side_by_side.submit(deliver, each) for each in told]
    return Counter(each.result() for each in deliveries)


def newest(events: Iterable[BuildEvent]) -> list[BuildEvent]:
    """Each build once, as it is after all of these events."""
    latest: dict[str, BuildEvent] = {}
    for event in sorted(events, key=lambda event: event.revision):
        latest[event.build.id] = event
    return list(latest.values())


def _messages_about(news: list[BuildEvent]) -> Callable[[Filter], Messages]:
    """From a filter to its messages: each build and each filter is serialised once, not once a connection."""
    told = [(event, _encode(_view(event))) for event in news]

    @cache
    def messages(wants: Filter) -> Messages:
        wanted = (text for event, text in told if wants.matches(event.build, default=event.default))
        return tuple(_HEAD + b",".join(part) + _TAIL for part in _parts(wanted))

    return messages


def _view(event: BuildEvent) -> View:
    view = build_view(event.build)
    return {**view, "change": event.change.value} if event.change else view


def _encode(view: View) -> bytes:
    return json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode()


def _parts(builds: Iterable[bytes]) -> Iterator[list[bytes]]:
    """As many builds together as a message may hold; a single one, at most some 30 KB, always fits."""
    part: list[bytes] = []
    size = len(_HEAD) + len(_TAIL)
    for build in builds:
        if part and size + len(build) + 1 > MESSAGE_LIMIT:
            yield part
            part, size = [], len(_HEAD) + len(_TAIL)
        part.append(build)
        size += len(build) + 1
    if part:
        yield part


def _deliver(
    connection: Connection, messages: Messages, now: int, connections: OpenConnections, sockets: Lines
) -> Delivery:
    """All messages in order, up to the first that does not arrive; one that is gone is forgotten."""
    if connection.is_over(now):
        return end(connection, now, connections, sockets)
    for message in messages:
        delivery = sockets.send(connection.id, message)
        if delivery is not Delivery.SENT:
            break
    # One that is just opening is called gone too; forgetting it would leave its page deaf for good.
    if delivery is Delivery.GONE and not connection.may_be_opening(now):
        connections.close(connection.id)
    return delivery
