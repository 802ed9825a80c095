"""The SNS topic on which build events are told."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pipeline_health.domain.events import CHANGES_ATTRIBUTE, BuildEvent, BuildEvents

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MESSAGE_LIMIT: Final = 200_000  # bytes of UTF-8; SNS takes 256 KiB, attributes and envelope included


class EventsTopic:
    def __init__(self, client: "SNSClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, events: list[BuildEvent]) -> None:
        """One message for all that one batch changed; several only where SNS's limit asks for it."""
        for some in _messages(events):
            self._client.publish(TopicArn=self._arn, Message=_body(some), MessageAttributes=_attributes(some))


def _body(events: list[BuildEvent]) -> str:
    return BuildEvents(events=tuple(events)).model_dump_json(exclude_none=True)


def _messages(events: list[BuildEvent]) -> Iterator[list[BuildEvent]]:
    """One build is some 20 KB at most, so a single event always fits."""
    if len(events) > 1 and len(_body(events).encode()) > MESSAGE_LIMIT:
        half = len(events) // 2
        yield from _messages(events[:half])
        yield from _messages(events[half:])
    else:
        yield events


def _attributes(events: list[BuildEvent]) -> dict[str, Any]:
    """Which changes it tells of, so that a subscription can ask for those alone."""
    changes = sorted({event.change.value for event in events if event.change})
    if not changes:
        return {}
    return {CHANGES_ATTRIBUTE: {"DataType": "String.Array", "StringValue": json.dumps(changes)}}
