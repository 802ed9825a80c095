"""Which alert was told on which channel, in DynamoDB: one small item each, written on conditions only."""

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from pipeline_health.adapters.dynamodb import from_item, to_item
from pipeline_health.adapters.keys import claim_key
from pipeline_health.domain.times import DAY, SECOND
from pipeline_health.flows.alert_settings import CLAIM_DAYS
from pipeline_health.flows.delivery import Claim, Standing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FREE: Final = "attribute_not_exists(pk) OR (standing = :sending AND held_until <= :now)"
# botocore repeats a write whose answer was lost; then the claim that stands in the way is our own.
_OURS: Final = "standing = :sending AND held_by = :owner"


class ClaimTable:
    """Items: {pk, standing: sending|sent|refused, held_by, held_until (ms), expires_at (s)}."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def take(self, claim: Claim, now: int, until: int) -> Standing:
        """OURS, or how it stands with somebody else, in one request."""
        try:
            self._update(
                claim,
                "SET standing = :sending, held_by = :owner, held_until = :until, expires_at = :expires_at",
                f"{_FREE} OR ({_OURS})",
                sending=Standing.SENDING,
                owner=claim.owner,
                now=now,
                until=until,
                expires_at=(now + CLAIM_DAYS * DAY) // SECOND,
            )
        except self._client.exceptions.ConditionalCheckFailedException as taken:
            return _standing(taken)
        return Standing.OURS

    def mark_sent(self, claim: Claim) -> None:
        """Without a condition: what is out must not go out again, whoever holds the claim by now."""
        self._update(claim, "SET standing = :sent", sent=Standing.SENT)

    def mark_refused(self, claim: Claim) -> None:
        self._if_ours(claim, "SET standing = :refused", refused=Standing.REFUSED)

    def give_back(self, claim: Claim, at: int) -> None:
        """Lets anybody take it from that instant on."""
        self._if_ours(claim, "SET held_until = :at", at=at)

    def _if_ours(self, claim: Claim, expression: str, **values: Any) -> None:
        """Nothing happens, and nothing needs to, where somebody else has taken it over."""
        try:
            self._update(claim, expression, _OURS, sending=Standing.SENDING, owner=claim.owner, **values)
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def _update(self, claim: Claim, expression: str, condition: str = "", **values: Any) -> None:
        request: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        self._client.update_item(
            TableName=self._table,
            Key=to_item(claim_key(claim.channel, *claim.identity)),
            UpdateExpression=expression,
            ExpressionAttributeValues=to_item({f":{name}": value for name, value in values.items()}),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **request,
        )


def _standing(taken: ClientError) -> Standing:
    answer: dict[str, Any] = {**taken.response}
    return Standing(from_item(answer["Item"])["standing"])
