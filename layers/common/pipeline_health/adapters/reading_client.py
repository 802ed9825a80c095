"""The DynamoDB client that the API reads with."""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, cast

import botocore.session
from botocore.config import Config
from botocore.parsers import JSONParser, ResponseParserFactory

from pipeline_health.domain.kept import Kept

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


REMEMBERED: Final = 6_000_000  # bytes of answers; in memory they are ten times as large
LARGE: Final = 1_000_000  # what is larger alone is not remembered


class _Items(JSONParser):
    """Leaves items as they came. botocore would walk through every attribute to build an equal dict (but for
    binary ones, and we store none), which takes four fifths of the time of a summary. The same answer again
    is the same items, so that nobody need compare them: who asks must leave them as they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept = Kept[bytes, Any](REMEMBERED)
        self._keeping = Lock()  # answers come by several threads

    def _parse_body_as_json(self, body_contents: bytes) -> Any:
        with self._keeping:
            known = self._kept.get(body_contents, None)
        if known is None:
            known = super()._parse_body_as_json(body_contents)  # type: ignore[misc]  # not in botocore's stubs
            if len(body_contents) <= LARGE:
                with self._keeping:
                    self._kept.put(body_contents, None, known, len(body_contents))
        return known

    def _handle_map(self, shape: Any, value: Any) -> Any:
        if shape.value.name == "AttributeValue":
            return value
        return super()._handle_map(shape, value)  # type: ignore[misc]  # not in botocore's stubs


class _Parsers(ResponseParserFactory):
    """botocore asks for a parser for every answer."""

    def __init__(self) -> None:
        super().__init__()
        self._items = _Items()

    def create_parser(self, protocol_name: str) -> Any:
        return self._items if protocol_name == "json" else super().create_parser(protocol_name)


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
