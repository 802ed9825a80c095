"""Messages to open WebSocket connections, through API Gateway's @connections API."""

from typing import TYPE_CHECKING, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipeline_health.adapters import aws
from pipeline_health.domain.subscription import Delivery

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

CONNECT_SECONDS: Final = 1
ANSWER_SECONDS: Final = 2


class ApiGatewaySockets:
    def __init__(self, client: "ApiGatewayManagementApiClient") -> None:
        self._client = client

    @classmethod
    def at(cls, endpoint: str, *, side_by_side: int = 1) -> "ApiGatewaySockets":
        """One attempt with a short timeout: a slow connection must not keep the others waiting."""
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
            retries={"total_max_attempts": 1},
            max_pool_connections=side_by_side,
        )
        return cls(aws.client("apigatewaymanagementapi", config, endpoint))

    def send(self, connection_id: str, message: bytes) -> Delivery:
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=message)
        except self._client.exceptions.GoneException:
            return Delivery.GONE
        except (ClientError, BotoCoreError):
            return Delivery.FAILED
        return Delivery.SENT

    def end(self, connection_id: str) -> Delivery:
        try:
            self._client.delete_connection(ConnectionId=connection_id)
        except self._client.exceptions.GoneException:
            return Delivery.GONE
        except (ClientError, BotoCoreError):
            return Delivery.FAILED
        return Delivery.ENDED
