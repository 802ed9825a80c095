"""Clients of AWS's services, made by botocore itself.

boto3 makes the same clients, but to import it is to import its transfer manager for S3, too: two fifths of a
function's cold start (docs/performance.md).
"""

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

from botocore.config import Config
from botocore.session import Session, get_session

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient


@cache
def _session() -> Session:
    return get_session()


@overload
def client(
    service: Literal["apigatewaymanagementapi"], config: Config | None = ..., endpoint: str | None = ...
) -> "ApiGatewayManagementApiClient": ...
@overload
def client(
    service: Literal["dynamodb"], config: Config | None = ..., endpoint: str | None = ...
) -> "DynamoDBClient": ...
@overload
def client(
    service: Literal["secretsmanager"], config: Config | None = ..., endpoint: str | None = ...
) -> "SecretsManagerClient": ...
@overload
def client(
    service: Literal["sesv2"], config: Config | None = ..., endpoint: str | None = ...
) -> "SESV2Client": ...
@overload
def client(
    service: Literal["sns"], config: Config | None = ..., endpoint: str | None = ...
) -> "SNSClient": ...
def client(service: str, config: Config | None = None, endpoint: str | None = None) -> Any:
    """Region, credentials and endpoint come from the environment, as Lambda sets it."""
    return _session().create_client(service, config=config, endpoint_url=endpoint)
