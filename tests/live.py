"""What the tests of the live parts share: builds, events, and a socket API that misbehaves on demand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.events import BuildEvent, BuildEvents

NOW: Final = 1_795_435_200_000  # 2026-11-23T12:00:00Z


def a_build(**said: Any) -> Build:
    facts: dict[str, Any] = {
        "provider": "github",
        "pipeline_id": "github-1-2",
        "run": "77",
        "repo": "acme/shop",
        "pipeline": "CI",
        "branch": "main",
        "status": Status.FAILURE,
        "started_at": NOW - 60_000,
        "completed_at": NOW,
    }
    return Build.model_validate(facts | said)


def an_event(revision: Any = 1, **said: Any) -> BuildEvent:
    """A build that was stored; `default` and `change` are the event's, everything else the build's."""
    about = {name: said.pop(name) for name in ("default", "change") if name in said}
    return BuildEvent.model_validate({"build": a_build(**said), "revision": revision, **about})


def sns_event(*messages: BuildEvents) -> dict[str, Any]:
    """What Lambda gets from a topic, as AWS documents it."""
    return {"Records": [_sns_record(message) for message in messages]}


def _sns_record(message: BuildEvents) -> dict[str, Any]:
    return {
        "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:eu-west-1:123456789012:builds:9d1f0c6e",
        "EventSource": "aws:sns",
        "Sns": {
            "SignatureVersion": "1",
            "Timestamp": "2026-11-23T12:00:00.000Z",
            "Signature": "EXAMPLE",
            "SigningCertUrl": "https://sns.eu-west-1.amazonaws.com/cert.pem",
            "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
            "Message": message.model_dump_json(),
            "MessageAttributes": {"changes": {"Type": "String.Array", "Value": '["broken"]'}},
            "Type": "Notification",
            "UnsubscribeUrl": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:builds",
            "Subject": None,
        },
    }


class ConnectionsApi(ThreadingHTTPServer):
    """Answers POST /ws/@connections/{id} with the status that was set for the id (0: never), else 200; DELETE
    likewise, else 204."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.statuses: dict[str, int] = {}
        self.received: list[tuple[str, bytes]] = []
        self.ended: list[str] = []
        self.closing = threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/ws"

    def messages_to(self, connection_id: str) -> list[bytes]:
        return [message for to, message in self.received if to == connection_id]


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ConnectionsApi

    def do_POST(self) -> None:
        prefix, _, connection_id = self.path.rpartition("/")
        message = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((connection_id, message))
        status = self.server.statuses.get(connection_id, 200) if prefix == "/ws/@connections" else 404
        if not status:
            self.server.closing.wait()
            self.close_connection = True
            return
        self._say(status)

    def do_DELETE(self) -> None:
        prefix, _, connection_id = self.path.rpartition("/")
        status = self.server.statuses.get(connection_id, 204) if prefix == "/ws/@connections" else 404
        if status == 204:
            self.server.ended.append(connection_id)
        self._say(status)

    def _say(self, status: int) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        if status >= 400:
            self.send_header("x-amzn-errortype", _ERRORS.get(status, "InternalServerError"))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name in the standard library)
        pass


_ERRORS: Final = {410: "GoneException", 413: "PayloadTooLargeException", 429: "LimitExceededException"}


@contextmanager
def connections_api() -> Iterator[ConnectionsApi]:
    with ConnectionsApi() as api:
        thread = threading.Thread(target=api.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield api
        finally:
            api.closing.set()
            api.shutdown()
            thread.join()
