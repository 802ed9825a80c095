"""Which routes are open to everybody, and what a log may hold: read off the template as AWS expands it."""

from typing import Any

from tests.template import load

Resource = dict[str, Any]

# Everything else asks for a token; webhooks prove themselves to the function.
OPEN = {"/", "/static/{file+}", "/config", "/docs", "/docs/{file+}", "/openapi.json", "/ingest/{provider}"}
# What may be opened by a parameter of its own.
OWN_LOCKS = {"/health": "IsHealthLocked", "/badge/{proxy+}": "IsBadgeLocked"}


def test_it_asks_for_a_token_on_every_route_that_tells_something(expanded: dict[str, Resource]) -> None:
    paths = expanded["HttpApi"]["Properties"]["Body"]["paths"]
    doors = {path: operation.get("security") for path, item in paths.items() for operation in item.values()}
    locked = {path: door for path, door in doors.items() if path not in OPEN}
    assert doors.keys() >= OPEN
    assert {path for path in OPEN if doors[path]} == set()
    for path, door in locked.items():
        condition = OWN_LOCKS.get(path, "IsLocked")
        assert door == {"Fn::If": [condition, [{"Reader": []}], []]}, path


def test_it_has_every_route_it_locks(expanded: dict[str, Resource]) -> None:
    for path, item in expanded["HttpApi"]["Properties"]["Body"]["paths"].items():
        for operation in item.values():
            assert "x-amazon-apigateway-integration" in operation, path


def test_it_logs_no_query_and_no_header(expanded: dict[str, Resource]) -> None:
    (stage,) = (each for each in expanded.values() if each.get("Properties", {}).get("AccessLogSettings"))
    logged = stage["Properties"]["AccessLogSettings"]["Format"]
    assert "$context.path" in logged
    for telling in ("query", "header", "uthoriz", "rawPath", "$context.requestOverride"):
        assert telling not in logged


def test_it_opens_badges_to_everybody_only_where_it_is_told_to() -> None:
    template = load()
    assert template["Parameters"]["PublicBadges"]["Default"] == "off"
    locked = {"Fn::And": [{"Condition": "IsLocked"}, {"Fn::Equals": [{"Ref": "PublicBadges"}, "off"]}]}
    assert template["Conditions"]["IsBadgeLocked"] == locked
