"""Each function may do what it does, and no more: read off the template as AWS expands it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

Resource = dict[str, Any]

# What each function calls, on what. The local stack enforces these roles: it denies a new call until
# it is here. Only ingest and reconcile write builds (jobs adds when the first
# job started), only aggregate and jobs write metrics.
ALLOWED: dict[str, dict[str, set[str]]] = {
    "IngestFunction": {
        "BuildsTable": {"dynamodb:UpdateItem"},
        "WebhookSecretStore": {"secretsmanager:GetSecretValue"},
    },
    "ReconcileFunction": {
        "BuildsTable": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "OutgoingSecretStore": {"secretsmanager:GetSecretValue"},
        "SetAsideQueue": {"sqs:SendMessage"},
    },
    "AggregateFunction": {
        "BuildsTable": {"dynamodb:GetItem"},
        "BuildsTable.StreamArn": {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
        },
        "BuildsTable/stream/*": {"dynamodb:ListStreams"},
        "MetricsTable": {
            "dynamodb:BatchGetItem",
            "dynamodb:DeleteItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        },
        "BuildEventsTopic": {"sns:Publish"},
        "SetAsideTable": {"dynamodb:UpdateItem"},
        "SetAsideQueue": {"sqs:SendMessage"},
    },
    "JobsFunction": {
        "BuildsTable": {"dynamodb:BatchWriteItem", "dynamodb:Query", "dynamodb:UpdateItem"},
        "BuildsTable.StreamArn": {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
        },
        "BuildsTable/stream/*": {"dynamodb:ListStreams"},
        "MetricsTable": {"dynamodb:UpdateItem"},
        "SetAsideTable": {"dynamodb:UpdateItem"},
        "SetAsideQueue": {"sqs:SendMessage"},
    },
    "AuthorizerFunction": {"ReadTokenStore": {"secretsmanager:GetSecretValue"}},
    "TicketFunction": {"TicketsTable": {"dynamodb:PutItem"}},
    "ConnectFunction": {
        "ConnectionsTable": {"dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "TicketsTable": {"dynamodb:DeleteItem"},
        "WebSocketApi/ws/POST/@connections/*": {"execute-api:ManageConnections"},
    },
    "BroadcastFunction": {
        "ConnectionsTable": {"dynamodb:DeleteItem", "dynamodb:Scan"},
        "WebSocketApi/ws/POST/@connections/*": {"execute-api:ManageConnections"},
        "WebSocketApi/ws/DELETE/@connections/*": {"execute-api:ManageConnections"},
        "SetAsideQueue": {"sqs:SendMessage"},
    },
    "RevokeFunction": {
        "ConnectionsTable": {"dynamodb:DeleteItem", "dynamodb:Scan"},
        "WebSocketApi/ws/DELETE/@connections/*": {"execute-api:ManageConnections"},
        "ReadTokenStore": {"secretsmanager:GetSecretValue"},
    },
    "AlertsFunction": {
        "ClaimsTable": {"dynamodb:UpdateItem"},
        "OutgoingSecretStore": {"secretsmanager:GetSecretValue"},
        "identity/*": {"ses:SendEmail"},
        "SetAsideQueue": {"sqs:SendMessage"},
    },
    "ApiFunction": {
        "BuildsTable": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"},
        "BuildsTable/index/recent": {"dynamodb:Query"},
        "BuildsTable/index/by_pipeline": {"dynamodb:Query"},
        "MetricsTable": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"},
        "MetricsTable/index/changes": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"},
    },
    "DashboardFunction": {},
}


@pytest.mark.parametrize("function", ALLOWED)
def test_it_allows_a_function_what_it_calls_and_no_more(expanded: dict[str, Resource], function: str) -> None:
    allowed: dict[str, set[str]] = {}
    for statement in statements(expanded[f"{function}Role"]):
        for resource in listed(statement["Resource"]):
            allowed.setdefault(named(resource), set()).update(listed(statement["Action"]))
    assert allowed == ALLOWED[function]


def test_it_gives_every_function_a_role_of_its_own(expanded: dict[str, Resource]) -> None:
    roles = [
        resource["Properties"]["Role"]["Fn::GetAtt"][0] for resource in of("AWS::Lambda::Function", expanded)
    ]
    assert len(roles) == len(set(roles)) == len(ALLOWED)


def test_it_names_the_resource_of_every_permission(expanded: dict[str, Resource]) -> None:
    for role in of("AWS::IAM::Role", expanded):
        for statement in statements(role):
            assert "*" not in listed(statement["Resource"])
            assert not any(action.endswith("*") for action in listed(statement["Action"]))


def test_it_gives_no_function_a_policy_that_others_write(expanded: dict[str, Resource]) -> None:
    """Writing logs is all that comes with SAM; its policy for streams would read all of the account's."""
    for role in of("AWS::IAM::Role", expanded):
        (managed,) = role["Properties"]["ManagedPolicyArns"]
        assert managed.endswith(":aws:policy/service-role/AWSLambdaBasicExecutionRole")


def test_it_keeps_three_secrets_each_for_a_door_or_for_what_goes_out(expanded: dict[str, Resource]) -> None:
    readers = {
        secret: {function for function, allowed in ALLOWED.items() if secret in allowed}
        for secret, resource in expanded.items()
        if resource["Type"] == "AWS::SecretsManager::Secret"
    }
    assert readers == {
        "WebhookSecretStore": {"IngestFunction"},
        "ReadTokenStore": {"AuthorizerFunction", "RevokeFunction"},
        "OutgoingSecretStore": {"AlertsFunction", "ReconcileFunction"},
    }


def test_it_shows_what_goes_out_only_to_who_has_something_of_its_own_in_it(
    expanded: dict[str, Resource],
) -> None:
    for function, condition in (("Alerts", "HasAlertsSecret"), ("Reconcile", "HasReconcileSecret")):
        policies = expanded[f"{function}FunctionRole"]["Properties"]["Policies"]
        all_of_them = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
        conditional = [each["Fn::If"] for each in all_of_them if "Fn::If" in each]
        assert [name for name, allowed, _ in conditional if "secret" in allowed["Action"]] == [condition]


def test_it_lets_mail_go_out_from_the_one_address_only(expanded: dict[str, Resource]) -> None:
    (mail,) = [s for s in statements(expanded["AlertsFunctionRole"]) if s["Action"] == "ses:SendEmail"]
    assert mail["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "AlertEmailFrom"}}}


def of(kind: str, resources: dict[str, Resource]) -> list[Resource]:
    return [resource for resource in resources.values() if resource["Type"] == kind]


def statements(role: Resource) -> Iterator[dict[str, Any]]:
    """Every statement of a role, the conditional ones as if their condition held."""
    for policy in role["Properties"].get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def named(arn: dict[str, Any]) -> str:
    """BuildsTable, BuildsTable.StreamArn, BuildsTable/index/recent: whose ARN it is, short."""
    arn = arn["Fn::If"][1] if "Fn::If" in arn else arn
    if "Fn::GetAtt" in arn:
        resource, attribute = arn["Fn::GetAtt"]
        return f"{resource}.{attribute}" if attribute not in ("Arn", "Id") else str(resource)
    text = str(arn.get("Ref") or arn["Fn::Sub"])
    return re.sub(r"\${(\w+)(\.Arn)?}", r"\1", text.removeprefix("arn:${AWS::Partition}:").rpartition(":")[2])
