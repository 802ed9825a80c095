"""The two APIs: who gets in, how fast, and what is written down of it."""

import re
from typing import Any

Resource = dict[str, Any]


def test_it_logs_every_request_without_its_query_string(expanded: dict[str, Resource]) -> None:
    """A query string may hold a token: Jenkins has no other place for one."""
    log = expanded["HttpApiApiGatewayDefaultStage"]["Properties"]["AccessLogSettings"]["Format"]
    assert set(re.findall(r"\$context\.[\w.]+", log)) == {
        "$context.requestTime",
        "$context.requestId",
        "$context.identity.sourceIp",
        "$context.httpMethod",
        "$context.path",
        "$context.routeKey",
        "$context.status",
        "$context.responseLatency",
        "$context.integrationErrorMessage",
    }
    assert "\n" not in log


def test_it_serves_the_http_api_at_the_root_and_the_websocket_at_ws(expanded: dict[str, Resource]) -> None:
    assert expanded["HttpApiApiGatewayDefaultStage"]["Properties"]["StageName"] == "$default"
    assert expanded["WebSocketApiwsStage"]["Properties"]["StageName"] == "ws"


def test_it_throttles_both(expanded: dict[str, Resource]) -> None:
    for stage in ("HttpApiApiGatewayDefaultStage", "WebSocketApiwsStage"):
        assert expanded[stage]["Properties"]["DefaultRouteSettings"] == {
            "ThrottlingRateLimit": {"Ref": "ThrottlingRate"},
            "ThrottlingBurstLimit": {"Ref": "ThrottlingBurst"},
        }


def test_it_lets_pages_elsewhere_read_but_not_write(expanded: dict[str, Resource]) -> None:
    cors = expanded["HttpApi"]["Properties"]["Body"]["x-amazon-apigateway-cors"]
    assert cors == {
        "Fn::If": [
            "HasOrigins",
            {
                "allowOrigins": {"Fn::Split": [",", "*"]},
                "allowMethods": ["GET", "OPTIONS"],
                "allowHeaders": ["authorization", "content-type"],
                "maxAge": 3600,
            },
            {"Ref": "AWS::NoValue"},
        ]
    }


def test_it_keeps_every_log_for_as_long_as_is_asked(expanded: dict[str, Resource]) -> None:
    groups = [resource for resource in expanded.values() if resource["Type"] == "AWS::Logs::LogGroup"]
    functions = [resource for resource in expanded.values() if resource["Type"] == "AWS::Lambda::Function"]
    assert [group["Properties"] for group in groups] == [{"RetentionInDays": {"Ref": "LogRetentionDays"}}] * 2
    for function in functions:
        assert function["Properties"]["LoggingConfig"] == {"LogGroup": {"Ref": "FunctionLogs"}}
