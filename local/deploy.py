"""Puts template.yaml and the code of its functions onto the embedded AWS."""

import json
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import WaiterError

from local.adapt import adapt
from local.bundle import zipped
from local.settings import HTTP_API, Settings
from local.translate import REGION, ROOT, Template, code_folders, expand, load

if TYPE_CHECKING:  # only `make test` installs these
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import WaiterConfigTypeDef

STACK: Final = "pipeline-health"
_BUCKET: Final = "code"
_QUICK: "Final[WaiterConfigTypeDef]" = {"Delay": 1, "MaxAttempts": 60}


class DeployError(Exception):
    """The template could not be deployed; the message is CloudFormation's own reason."""


class Aws:
    """Clients of the embedded AWS."""

    def __init__(self, url: str) -> None:
        self._session = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
        )
        self._url = url

    def client(self, service: str) -> Any:
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, read_timeout=60)
        return self._session.client(service, endpoint_url=self._url, config=config)  # type: ignore[call-overload]


def deploy(settings: Settings) -> None:
    aws = Aws(settings.aws_url)
    template = load()
    url = _upload(aws, template)
    _create(aws.client("cloudformation"), url, settings.all_parameters)
    _allow_origins(
        aws, settings.parameters.get("AllowOrigins", template["Parameters"]["AllowOrigins"]["Default"])
    )
    _let_items_expire(aws, template)


def functions(settings: Settings) -> dict[str, str]:
    """The deployed functions' names, by logical id."""
    pages = Aws(settings.aws_url).client("cloudformation").get_paginator("list_stack_resources")
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=STACK)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }


def _upload(aws: Aws, template: Template) -> str:
    """Code and template, as `sam package` would; the template is too long to go in the request."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    for name, folder in code_folders(template).items():
        layer = template["Resources"][name]["Type"] == "AWS::Serverless::LayerVersion"
        s3.put_object(
            Bucket=_BUCKET, Key=f"{name}.zip", Body=zipped(ROOT / folder, "python" if layer else "")
        )
    expanded = adapt(expand(template, lambda name: f"s3://{_BUCKET}/{name}.zip"))
    s3.put_object(Bucket=_BUCKET, Key="template.json", Body=json.dumps(expanded).encode())
    return f"{s3.meta.endpoint_url}/{_BUCKET}/template.json"


def _create(cloudformation: "CloudFormationClient", url: str, parameters: dict[str, str]) -> None:
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=url,
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    try:
        cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig=_QUICK)
    except WaiterError as error:
        raise DeployError(_reason(cloudformation)) from error


def _reason(cloudformation: "CloudFormationClient") -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failures = [e for e in reversed(events) if "FAILED" in e["ResourceStatus"]]
    return "; ".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}" for e in failures[:3])


def _allow_origins(aws: Aws, origins: str) -> None:
    """CORS stands in the OpenAPI body, which the embedded AWS ignores."""
    _, cors, _ = load()["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"]["Fn::If"]
    aws.client("apigatewayv2").update_api(
        ApiId=HTTP_API, CorsConfiguration={**cors, "AllowOrigins": origins.split(",")}
    )


def _let_items_expire(aws: Aws, template: Template) -> None:
    """It ignores a table's TTL when it creates the table."""
    dynamodb = aws.client("dynamodb")
    cloudformation = aws.client("cloudformation")
    for name, resource in template["Resources"].items():
        ttl = resource.get("Properties", {}).get("TimeToLiveSpecification")
        if ttl:
            found = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=name)
            table = found["StackResourceDetail"]["PhysicalResourceId"]
            dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=ttl)
