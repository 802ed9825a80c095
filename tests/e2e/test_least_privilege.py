"""What each function may do, tried: requests to the running stack with the function's own role.

Every one asks for something that cannot be done, so that it changes nothing where it is let through.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from local.deploy import STACK, Aws
from local.translate import REGION
from tests.e2e.stack import Stack
from tests.stack.test_permissions import ALLOWED
from tests.template import resources

KEY: Final = {"pk": {"S": "nobody"}, "sk": {"S": "nothing"}}
NEVER: Final = "attribute_exists(pk) AND attribute_not_exists(pk)"
TABLES: Final = resources("AWS::DynamoDB::Table")
SERVICES: Final = ("dynamodb", "secretsmanager", "sns", "sqs")
SECRETS: Final = ("WebhookSecretStore", "ReadTokenStore", "OutgoingSecretStore")
NO_EVENTS: Final = '{"events": []}'  # there is no message that a topic refuses
DENIED: Final = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"}
FORBIDDEN: Final = {*DENIED, "ForbiddenException", "Forbidden"}


@dataclass(frozen=True)
class Place:
    """The stack, as one role may see it: its clients, and its resources' names by their logical ids."""

    clients: dict[str, Any]
    names: dict[str, str]


Try = Callable[[Place], Any]


def on_table(table: str, **said: Any) -> Callable[[str], Try]:
    """Calls an operation of DynamoDB by its name in boto3."""
    return lambda operation: (
        lambda place: getattr(place.clients["dynamodb"], operation)(TableName=place.names[table], **said)
    )


def tries_on_table(table: str) -> dict[str, Try]:
    names = [each["AttributeName"] for each in TABLES[table]["Properties"]["KeySchema"]]
    key = {name: KEY[name] for name in names}
    by_key, never = {"Key": key}, {"ConditionExpression": NEVER}
    asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": KEY["pk"]}}
    return {
        "GetItem": on_table(table, **by_key)("get_item"),
        "Query": on_table(table, **asked)("query"),
        "Scan": on_table(table, Limit=1)("scan"),
        "PutItem": on_table(table, Item=key, **never)("put_item"),
        "UpdateItem": on_table(table, **by_key, **never)("update_item"),
        "DeleteItem": on_table(table, **by_key, **never)("delete_item"),
    }


def read_secret(name: str) -> Try:
    return lambda place: place.clients["secretsmanager"].get_secret_value(SecretId=place.names[name])


def publish(place: Place) -> Any:
    return place.clients["sns"].publish(TopicArn=place.names["BuildEventsTopic"], Message=NO_EVENTS)


def set_aside(place: Place) -> Any:
    return place.clients["sqs"].send_message(QueueUrl=place.names["SetAsideQueue"], MessageBody="")


TRIES: Final[dict[tuple[str, str], Try]] = {
    **{
        (table, f"dynamodb:{action}"): attempt
        for table in TABLES
        for action, attempt in tries_on_table(table).items()
    },
    **{(secret, "secretsmanager:GetSecretValue"): read_secret(secret) for secret in SECRETS},
    ("BuildEventsTopic", "sns:Publish"): publish,
    ("SetAsideQueue", "sqs:SendMessage"): set_aside,
}


@pytest.fixture(scope="module")
def names(locked: Stack) -> dict[str, str]:
    pages = Aws(locked.aws_url).client("cloudformation").get_paginator("list_stack_resources")
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=STACK)
        for resource in page["StackResourceSummaries"]
    }


@pytest.fixture(scope="module")
def lent(locked: Stack, names: dict[str, str]) -> Callable[[str], Place]:
    """The stack as a function may see it: this test is let into its role."""
    aws = Aws(locked.aws_url)
    iam, sts = aws.client("iam"), aws.client("sts")
    trusted = f"arn:aws:iam::{sts.get_caller_identity()['Account']}:root"

    def lent(function: str) -> Place:
        role = iam.get_role(RoleName=names[f"{function}Role"])["Role"]
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": trusted}}
        statements = [*role["AssumeRolePolicyDocument"]["Statement"], trust]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=document)
        keys = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="tried")["Credentials"]
        session = boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=REGION
        )
        return Place({name: client(session, name, locked.aws_url) for name in SERVICES}, names)

    return lent


def client(session: boto3.Session, service: str, url: str) -> Any:
    return session.client(service, endpoint_url=url)  # type: ignore[call-overload]


def is_let(attempt: Try, place: Place) -> bool:
    """Refused by IAM, or by what it was asked for, or not at all."""
    try:
        attempt(place)
    except ClientError as error:
        return error.response["Error"]["Code"] not in FORBIDDEN
    return True


@pytest.mark.parametrize("function", ALLOWED)
def test_it_does_what_it_must_and_nothing_else(lent: Callable[[str], Place], function: str) -> None:
    place = lent(function)
    let = {(on, action) for (on, action), attempt in TRIES.items() if is_let(attempt, place)}
    listed = {(on, action) for on, actions in ALLOWED[function].items() for action in actions}
    assert let == listed & TRIES.keys()


@pytest.mark.parametrize(
    ("function", "must_not"),
    [
        ("IngestFunction", {("MetricsTable", "dynamodb:GetItem"), ("BuildsTable", "dynamodb:GetItem")}),
        ("ApiFunction", {("BuildsTable", "dynamodb:UpdateItem"), ("MetricsTable", "dynamodb:UpdateItem")}),
        ("AggregateFunction", {("BuildsTable", "dynamodb:UpdateItem"), ("BuildsTable", "dynamodb:PutItem")}),
        ("AlertsFunction", {(table, "dynamodb:GetItem") for table in TABLES}),
    ],
)
def test_it_is_tried_what_they_must_not(function: str, must_not: set[tuple[str, str]]) -> None:
    """The four sentences of the design, so that nobody adds them to the list above unseen."""
    assert must_not <= TRIES.keys()
    assert not must_not & {(on, action) for on, actions in ALLOWED[function].items() for action in actions}
