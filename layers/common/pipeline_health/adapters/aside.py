"""The queue of records that could not be counted: kept whole, with the reason, to be replayed after a fix."""

import json
from typing import TYPE_CHECKING

from pipeline_health.flows.aggregate import Record

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SetAsideQueue:
    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def keep(self, record: Record, reason: str) -> None:
        body = json.dumps({"reason": reason, "record": record}, default=str)
        self._client.send_message(QueueUrl=self._url, MessageBody=body)
