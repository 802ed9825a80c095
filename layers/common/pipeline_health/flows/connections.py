"""A WebSocket's life: it opens, says what it wants to hear of, and closes."""

import json
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipeline_health.domain.reader import ANYBODY, Reader
from pipeline_health.domain.subscription import Connection, Delivery, Filter

MESSAGE_LIMIT: Final = 32 * 1024  # bytes; the largest filter is far below, however it is escaped
SHOWN_ERRORS: Final = 10
SHOWN_LENGTH: Final = 200  # characters of a field's name and of what is wrong with it

Reply = dict[str, Any]


class Connections(Protocol):
    """Where open connections are remembered."""

    def open(self, connection: Connection) -> None: ...
    def subscribe(self, connection: Connection) -> None: ...
    def close(self, connection_id: str) -> None: ...


class Sockets(Protocol):
    """The way to an open connection; never raises for what its other end does."""

    def send(self, connection_id: str, message: bytes) -> Delivery: ...


class _Ping(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    action: Literal["ping"]

    def answer(self, connection_id: str, now: int, connections: Connections) -> Reply:  # noqa: ARG002 (as its sibling)
        return {"type": "pong"}


class _Subscribe(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    action: Literal["subscribe"]
    filter: Filter

    def answer(self, connection_id: str, now: int, connections: Connections) -> Reply:
        connections.subscribe(Connection(connection_id, opened_at=now, wants=self.filter))
        return {"type": "subscribed", "filter": self.filter.model_dump(mode="json", exclude_defaults=True)}


# What a client may send. A further action is a further class here, with its `answer`.
_MESSAGES: Final[TypeAdapter[_Ping | _Subscribe]] = TypeAdapter(
    Annotated[_Ping | _Subscribe, Field(discriminator="action")]
)
ALLOWED: Final = 'send {"action": "subscribe", "filter": {...}} or {"action": "ping"}'


def connect(connection_id: str, now: int, connections: Connections, reader: Reader = ANYBODY) -> None:
    connections.open(Connection(connection_id, opened_at=now, reader=reader))


def disconnect(connection_id: str, connections: Connections) -> None:
    """API Gateway tells of most closed connections, not of all; a broadcast finds the others gone."""
    connections.close(connection_id)


def receive(
    connection_id: str, message: bytes, now: int, connections: Connections, sockets: Sockets
) -> tuple[str, Delivery]:
    """Answers one message by PostToConnection; what was answered (its `type`) and whether it arrived."""
    reply = _reply(connection_id, message, now, connections)
    return reply["type"], sockets.send(connection_id, _encode(reply))


def _reply(connection_id: str, message: bytes, now: int, connections: Connections) -> Reply:
    if len(message) > MESSAGE_LIMIT:
        return _refusal([{"field": "message", "message": f"must have at most {MESSAGE_LIMIT} bytes"}])
    try:
        asked = _MESSAGES.validate_json(message)
    except ValidationError as error:
        return _refusal(_errors(error))
    return asked.answer(connection_id, now, connections)


def _refusal(errors: list[dict[str, str]]) -> Reply:
    return {"type": "error", "message": f"not understood: {ALLOWED}", "errors": errors}


def _errors(error: ValidationError) -> list[dict[str, str]]:
    """Each wrong field by its path; never the input itself, which may be of any size."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [_error(each["type"], each["loc"], each["msg"]) for each in found[:SHOWN_ERRORS]]


def _error(kind: str, location: tuple[int | str, ...], text: str) -> dict[str, str]:
    if kind.startswith("union_tag"):
        return {"field": "action", "message": "must be subscribe or ping"}
    path = ".".join(map(str, location[1:])) or "message"  # the first part is the action
    return {"field": path[:SHOWN_LENGTH], "message": text.removeprefix("Value error, ")[:SHOWN_LENGTH]}


def _encode(reply: Reply) -> bytes:
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
