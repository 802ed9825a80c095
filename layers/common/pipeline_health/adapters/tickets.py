"""Tickets in DynamoDB. TTL removes them late, so whether one is good is asked with its removal."""

from typing import TYPE_CHECKING

from pipeline_health.adapters.connections import reader_from_item, reader_to_item
from pipeline_health.domain.times import SECOND
from pipeline_health.flows.tickets import Ticket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TicketTable:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def keep(self, ticket: Ticket) -> None:
        self._client.put_item(
            TableName=self._table,
            Item={
                "pk": {"S": ticket.digest},
                "origin": {"S": ticket.origin},
                "until": {"N": str(ticket.expires_at)},
                "expires_at": {"N": str(ticket.expires_at // SECOND)},
                **reader_to_item(ticket.reader),
            },
        )

    def take(self, digest: str, now: int) -> Ticket | None:
        """Removing it is the check: of two that try at once only one is given it."""
        try:
            taken = self._client.delete_item(
                TableName=self._table,
                Key={"pk": {"S": digest}},
                ConditionExpression="attribute_exists(pk) AND #until > :now",
                ExpressionAttributeNames={"#until": "until"},
                ExpressionAttributeValues={":now": {"N": str(now)}},
                ReturnValues="ALL_OLD",
            )["Attributes"]
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return Ticket(digest, taken["origin"]["S"], int(taken["until"]["N"]), reader_from_item(taken))
