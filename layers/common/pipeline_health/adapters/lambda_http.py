"""What API Gateway's HTTP API hands a function (payload format 2.0), and the replies it takes."""

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipeline_health.providers.refusal import Refusal, not_json

Response = dict[str, Any]
_PROBLEM: Final = "application/problem+json"


@dataclass(frozen=True)
class Request:
    """Header names are lower-case, whatever wrote them."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    path: Mapping[str, str]
    body: bytes


def request_of(event: Mapping[str, Any]) -> Request:
    """Refusal (400) when the body is not what the event says it is."""
    return Request(
        method=event["requestContext"]["http"]["method"],
        headers=_headers(event.get("headers") or {}),
        query=event.get("queryStringParameters") or {},
        path=event.get("pathParameters") or {},
        body=_body(event),
    )


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    """API Gateway lower-cases names and joins duplicates with a comma; `sam local` keeps their case."""
    headers: dict[str, str] = {}
    for name, value in given.items():
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return headers


def _body(event: Mapping[str, Any]) -> bytes:
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return b64decode(body, validate=True)
    except (NotBase64, ValueError):  # ValueError: not even ASCII
        raise not_json("is not the base64 that the event calls it") from None


def json_response(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return _response(status, "application/json", body, headers)


def problem_response(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    return _response(refusal.status, _PROBLEM, refusal.document(), headers)


def _response(
    status: int, content_type: str, body: Mapping[str, Any], headers: Mapping[str, str] | None
) -> Response:
    return {
        "statusCode": status,
        "headers": {"content-type": content_type, **(headers or {})},
        "body": json.dumps(body, ensure_ascii=False),
    }
