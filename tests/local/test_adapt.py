"""What is changed on the expanded template for the embedded AWS, and what is not."""

from local.adapt import adapt
from local.settings import HTTP_API, WEBSOCKET_API
from local.translate import expand, load

EXPANDED = expand(load(), lambda name: f"s3://code/{name}.zip")["Resources"]
ADAPTED = adapt(expand(load(), lambda name: f"s3://code/{name}.zip"))["Resources"]


def test_it_makes_a_route_of_every_operation() -> None:
    paths = EXPANDED["HttpApi"]["Properties"]["Body"]["paths"]
    routes = {
        r["Properties"]["RouteKey"] for r in ADAPTED.values() if r["Type"] == "AWS::ApiGatewayV2::Route"
    }
    assert routes >= {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert {"POST /ingest/{provider}", "GET /docs/{file+}", "$connect"} <= routes


def test_it_pins_the_addresses_of_both_apis() -> None:
    for name, api_id in {"HttpApi": HTTP_API, "WebSocketApi": WEBSOCKET_API}.items():
        assert ADAPTED[name]["Properties"]["Tags"] == {"ms-custom-id": api_id}


def test_it_leaves_every_other_permission_as_it_is() -> None:
    for name, resource in EXPANDED.items():
        if resource["Type"] == "AWS::IAM::Role" and name != "AlertsFunctionRole":
            assert ADAPTED[name] == resource
