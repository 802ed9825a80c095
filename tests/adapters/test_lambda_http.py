"""API Gateway's events as requests, and refusals as problem+json."""

import json
from base64 import b64encode
from typing import Any

import pytest

from pipeline_health.adapters.lambda_http import json_response, problem_response, request_of
from pipeline_health.providers.refusal import FieldError, Refusal
from tests.ingesting import refused


def event(**fields: Any) -> dict[str, Any]:
    return {"version": "2.0", "requestContext": {"http": {"method": "POST"}}, **fields}


def test_it_takes_an_event_that_says_nothing() -> None:
    request = request_of(event())
    assert (request.method, request.body) == ("POST", b"")
    assert {**request.headers, **request.query, **request.path} == {}


def test_header_names_are_lower_case_whatever_wrote_them() -> None:
    request = request_of(event(headers={"X-GitHub-Event": "ping", "x-hub-SIGNATURE-256": "s"}))
    assert request.headers == {"x-github-event": "ping", "x-hub-signature-256": "s"}


def test_a_header_written_twice_is_joined_as_api_gateway_does() -> None:
    assert request_of(event(headers={"X-A": "1", "x-a": "2"})).headers == {"x-a": "1,2"}


@pytest.mark.parametrize("body", ["plain", "schön", "\udc80"])
def test_a_body_is_the_bytes_that_were_sent(body: str) -> None:
    assert request_of(event(body=body)).body == body.encode("utf-8", "surrogatepass")


def test_a_base64_body_is_decoded() -> None:
    encoded = b64encode(b"\x00\xff{").decode()
    assert request_of(event(body=encoded, isBase64Encoded=True)).body == b"\x00\xff{"


@pytest.mark.parametrize("body", ["a", "e30=x", "e3 0=", "é", "!!!!"])
def test_a_body_that_only_claims_to_be_base64_is_refused(body: str) -> None:
    with refused(400, "body"):
        request_of(event(body=body, isBase64Encoded=True))


def test_a_reply_is_json() -> None:
    assert json_response(201, {"a": "ü"}) == {
        "statusCode": 201,
        "headers": {"content-type": "application/json"},
        "body": '{"a": "ü"}',
    }


def test_a_refusal_is_a_problem_that_names_its_fields() -> None:
    refusal = Refusal(422, "Some fields cannot be used.", [FieldError("repo", "is required")])
    response = problem_response(refusal, {"retry-after": "5"})
    assert response["headers"] == {"content-type": "application/problem+json", "retry-after": "5"}
    assert json.loads(response["body"]) == {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "Some fields cannot be used.",
        "errors": [{"field": "repo", "message": "is required"}],
    }
