"""template.yaml as data: the tests take tables, routes and policies from it, so that none can drift."""

from pathlib import Path
from typing import Any, Final

import yaml
from mypy_boto3_dynamodb import DynamoDBClient

ROOT: Final = Path(__file__).parent.parent
TEMPLATE: Final = ROOT / "template.yaml"
Resource = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms: `!Ref X` becomes {"Ref": "X"}, `!Sub x` {"Fn::Sub": "x"}."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]  # the only kind left
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def load() -> dict[str, Any]:
    template: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=_Loader)
    return template


def resources(kind: str) -> dict[str, Resource]:
    """Every resource of one type, by logical id."""
    return {name: resource for name, resource in load()["Resources"].items() if resource["Type"] == kind}


def create_tables(client: DynamoDBClient) -> None:
    """Every table of the template, named as its logical id, without what moto's create_table refuses."""
    for name, table in resources("AWS::DynamoDB::Table").items():
        properties = dict(table["Properties"])
        for unsupported in ("StreamSpecification", "PointInTimeRecoverySpecification"):
            properties.pop(unsupported, None)
        ttl = properties.pop("TimeToLiveSpecification", None)
        properties["SSESpecification"] = {"Enabled": properties["SSESpecification"]["SSEEnabled"]}
        client.create_table(TableName=name, **properties)
        if ttl:
            client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
