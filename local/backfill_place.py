"""The builds table that a backfill fills: of a stack on AWS, of a name, or of the local stack that runs."""

import argparse
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from local.deploy import STACK, Aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RETENTION_DAYS: Final = 400  # the parameter's default


@dataclass(frozen=True)
class Place:
    client: "DynamoDBClient"
    table: str
    retention_days: int

    @property
    def name(self) -> str:
        return f"{self.client.meta.endpoint_url} {self.table}"


def place(options: argparse.Namespace) -> Place:
    if options.table:
        return Place(_dynamodb(), options.table, options.retention_days or RETENTION_DAYS)
    if options.stack:
        return _of_stack(boto3.client("cloudformation"), options.stack, _dynamodb())
    aws = Aws(f"http://127.0.0.1:{os.environ.get('AWS_PORT') or 4566}")
    return _of_stack(aws.client("cloudformation"), STACK, aws.client("dynamodb"))


def _dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=Config(retries={"mode": "standard", "total_max_attempts": 5}))


def _of_stack(cloudformation: Any, stack: str, client: "DynamoDBClient") -> Place:
    found = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId="BuildsTable")
    (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    days = int(given.get("RetentionDays") or RETENTION_DAYS)
    return Place(client, found["StackResourceDetail"]["PhysicalResourceId"], days)
