"""Each function may do what it does, and no more: read off the template as AWS expands it."""

from collections.abc import Iterator
from typing import Any

import pytest

Resource = dict[str, Any]

# What each function calls. A new call fails on the local stack, which enforces these roles, until it is here.
ALLOWED = {
    "IngestFunction": {"dynamodb:UpdateItem", "secretsmanager:GetSecretValue"},
    "ReconcileFunction": {
        "dynamodb:BatchGetItem",
        "dynamodb:UpdateItem",
        "secretsmanager:GetSecretValue",
        "sqs:SendMessage",
    },
    "AggregateFunction": {
        "dynamodb:BatchGetItem",
        "dynamodb:DeleteItem",
        "dynamodb:DescribeStream",
        "dynamodb:GetItem",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "sns:Publish",
        "sqs:SendMessage",
    },
    "ConnectFunction": {
        "dynamodb:DeleteItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "execute-api:ManageConnections",
    },
    "BroadcastFunction": {
        "dynamodb:DeleteItem",
        "dynamodb:Scan",
        "execute-api:ManageConnections",
        "sqs:SendMessage",
    },
    "AlertsFunction": {
        "dynamodb:UpdateItem",
        "secretsmanager:GetSecretValue",
        "ses:SendEmail",
        "sqs:SendMessage",
    },
    "ApiFunction": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"},
    "DashboardFunction": set(),
}


@pytest.mark.parametrize("function", ALLOWED)
def test_it_allows_a_function_what_it_calls_and_no_more(expanded: dict[str, Resource], function: str) -> None:
    actions = {
        action
        for statement in statements(expanded[f"{function}Role"])
        for action in listed(statement["Action"])
    }
    assert actions == ALLOWED[function]


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


def test_it_lets_mail_go_out_from_the_one_address_only(expanded: dict[str, Resource]) -> None:
    (mail,) = [s for s in statements(expanded["AlertsFunctionRole"]) if s["Action"] == "ses:SendEmail"]
    assert mail["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "AlertEmailFrom"}}}


def test_it_lets_only_ingest_and_reconcile_write_builds_and_only_aggregate_write_metrics(
    expanded: dict[str, Resource],
) -> None:
    writing = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    writers: dict[str, set[str]] = {"BuildsTable": set(), "MetricsTable": set()}
    for function in ALLOWED:
        for statement in statements(expanded[f"{function}Role"]):
            for table in writers.keys() & {
                str(arn.get("Fn::GetAtt", [""])[0]) for arn in listed(statement["Resource"])
            }:
                if writing & set(listed(statement["Action"])):
                    writers[table].add(function)
    assert writers == {
        "BuildsTable": {"IngestFunction", "ReconcileFunction"},
        "MetricsTable": {"AggregateFunction"},
    }


def of(kind: str, resources: dict[str, Resource]) -> list[Resource]:
    return [resource for resource in resources.values() if resource["Type"] == kind]


def statements(role: Resource) -> Iterator[dict[str, Any]]:
    """Every statement of a role, the conditional ones as if their condition held."""
    for policy in role["Properties"].get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
