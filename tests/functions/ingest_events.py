"""Webhooks as API Gateway hands them to the function."""

from typing import Any

from tests.ingesting import encoded

Event = dict[str, Any]


def event(
    provider: str,
    document: object,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    **fields: Any,
) -> Event:
    """Payload format 2.0; `fields` replace its own: isBase64Encoded=True."""
    body = document if isinstance(document, str) else encoded(document).decode("utf-8", "surrogateescape")
    return {
        "version": "2.0",
        "routeKey": "POST /ingest/{provider}",
        "rawPath": f"/ingest/{provider}",
        "rawQueryString": "",
        "headers": {"content-type": "application/json", **(headers or {})},
        **({"queryStringParameters": query} if query else {}),
        "pathParameters": {"provider": provider},
        "requestContext": {"http": {"method": "POST", "path": f"/ingest/{provider}"}, "stage": "$default"},
        "body": body,
        "isBase64Encoded": False,
        **fields,
    }
