"""Which failures of storage pass by themselves, so that asking again helps."""

from typing import Final

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
_PASSING: Final = {
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
}


class Busy(Exception):  # as DynamoDB's own answer says: not an error, but not now
    """Storage left some of what was asked for unread, several times in a row."""


def is_passing(error: Exception) -> bool:
    """Out of reach, too slow, throttled, or failing on its own; not what we asked wrongly or may not ask."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in _PASSING
    return isinstance(error, HTTPClientError | ConnectionError | Busy)
