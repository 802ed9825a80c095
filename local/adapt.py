"""What the embedded AWS does otherwise than AWS, made up for on the expanded template."""

from typing import Any

from local.settings import HTTP_API, WEBSOCKET_API
from local.translate import Template

Resource = dict[str, Any]


def adapt(expanded: Template) -> Template:
    resources: dict[str, Resource] = expanded["Resources"]
    body = resources["HttpApi"]["Properties"].pop("Body")
    resources |= _authorizers(body["components"]["securitySchemes"]) | _routes(body)
    _pin(resources["HttpApi"], HTTP_API, ProtocolType="HTTP")
    _pin(resources["WebSocketApi"], WEBSOCKET_API)
    for resource in resources.values():
        if resource["Type"] == "AWS::IAM::Role":
            _allow_any_sender(resource)
    return expanded


def _pin(api: Resource, api_id: str, **properties: str) -> None:
    api["Properties"] |= {"Name": {"Ref": "AWS::StackName"}, "Tags": {"ms-custom-id": api_id}, **properties}


def _routes(body: dict[str, Any]) -> dict[str, Resource]:
    """It ignores an OpenAPI body, so each of its operations becomes an integration and a route."""
    resources: dict[str, Resource] = {}
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            number = len(resources) // 2
            integration = operation["x-amazon-apigateway-integration"]
            resources[f"HttpApiIntegration{number}"] = _part(
                "Integration",
                IntegrationType="AWS_PROXY",
                IntegrationUri=integration["uri"],
                PayloadFormatVersion=integration["payloadFormatVersion"],
            )
            resources[f"HttpApiRoute{number}"] = _part(
                "Route",
                RouteKey=f"{method.upper()} {path}",
                Target={"Fn::Sub": f"integrations/${{HttpApiIntegration{number}}}"},
                **_authorization(operation.get("security")),
            )
    return resources


def _authorizers(schemes: dict[str, Any]) -> dict[str, Resource]:
    """And each of its Lambda authorizers a resource."""
    return {
        name: _part(
            "Authorizer",
            Name=name,
            AuthorizerType="REQUEST",
            AuthorizerUri=said["authorizerUri"],
            AuthorizerPayloadFormatVersion=said["authorizerPayloadFormatVersion"],
            AuthorizerResultTtlInSeconds=said["authorizerResultTtlInSeconds"],
            EnableSimpleResponses=said["enableSimpleResponses"],
            IdentitySource=said["identitySource"].split(","),
        )
        for name, scheme in schemes.items()
        for said in [scheme["x-amazon-apigateway-authorizer"]]
    }


def _authorization(security: Any) -> dict[str, Any]:
    """`security` is `!If [condition, [{authorizer: []}], []]`, or nothing on a route that is always open."""
    if not security:
        return {}
    condition, locked, _ = security["Fn::If"]
    ((authorizer, _),) = locked[0].items()
    return {
        "AuthorizationType": {"Fn::If": [condition, "CUSTOM", "NONE"]},
        "AuthorizerId": {"Fn::If": [condition, {"Ref": authorizer}, {"Ref": "AWS::NoValue"}]},
    }


def _part(kind: str, **properties: Any) -> Resource:
    return {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": {"ApiId": {"Ref": "HttpApi"}, **properties}}


def _allow_any_sender(role: Resource) -> None:
    """It knows neither the resource of ses:SendEmail nor ses:FromAddress, and would refuse every mail."""
    for policy in role["Properties"].get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            allowed = statement["Fn::If"][1] if "Fn::If" in statement else statement
            if allowed["Action"] == "ses:SendEmail":
                allowed["Resource"] = "*"
                del allowed["Condition"]
