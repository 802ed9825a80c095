"""The DynamoDB client that the API reads with."""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config
from botocore.parsers import JSONParser, ResponseParserFactory

from pipeline_health.adapters.known_items import KnownItems

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@cache
def known_items() -> KnownItems:
    return KnownItems()


class _Items(JSONParser):
    """Leaves items as they came. botocore would walk through every attribute to build an equal dict (but for
    binary ones, and we store none), which takes four fifths of the time of a summary.
    """

    def _handle_map(self, shape: Any, value: Any) -> Any:
        if shape.value.name == "AttributeValue":
            return value
        return super()._handle_map(shape, value)  # type: ignore[misc]  # not in botocore's stubs

    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        """Of an answer; what says that something went wrong goes another way."""
        return self._parse_shape(shape, known_items().decode(raw_body.decode()))  # type: ignore[attr-defined]


class _Parsers(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        return _Items() if protocol_name == "json" else super().create_parser(protocol_name)


@cache
def reading_client() -> "DynamoDBClient":
    """Reads are repeated more patiently than webhooks: API Gateway waits 30 s for an answer."""
    session = botocore.session.get_session()
    session.register_component("response_parser_factory", _Parsers())
    config = Config(
        connect_timeout=1,
        read_timeout=3,
        retries={"mode": "standard", "total_max_attempts": 4},
        tcp_keepalive=True,
        parameter_validation=False,  # what is asked is built by the adapters alone
        account_id_endpoint_mode="disabled",
    )
    client: Any = session.create_client("dynamodb", config=config)
    return cast("DynamoDBClient", client)
