"""template.yaml as AWS expands it: linted by `make check`, deployed by `make run`.

python -m local.translate > translated.json
"""

import json
import os
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import yaml
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT: Final = Path(__file__).parent.parent
REGION: Final = "us-east-1"
Template = dict[str, Any]
CODE: Final = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


class _NoManagedPolicies:
    """The template names no managed policy, so nobody has to ask IAM for their ARNs."""

    def load(self) -> dict[str, str]:
        return {}


def load(path: Path = ROOT / "template.yaml") -> Template:
    template: Template = yaml_parse(path.read_text(encoding="utf-8"))
    return template


def code_folders(template: Template) -> dict[str, str]:
    """Where each function's and layer's code lies, by logical id."""
    return {
        name: resource["Properties"][CODE[resource["Type"]]]
        for name, resource in template["Resources"].items()
        if resource["Type"] in CODE
    }


def expand(template: Template, uploaded: Callable[[str], str]) -> Template:
    """Plain CloudFormation; `uploaded` gives the s3:// address of a logical id's code."""
    template = deepcopy(template)
    for name in code_folders(template):
        resource = template["Resources"][name]
        resource["Properties"][CODE[resource["Type"]]] = uploaded(name)
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)  # samtranslator asks boto3 for a region
    expanded: Template = transform(template, {}, _NoManagedPolicies())
    return expanded


def main() -> None:
    try:
        expanded = expand(load(), lambda name: f"s3://code/{name}.zip")
    except yaml.YAMLError as error:
        sys.exit(f"template.yaml cannot be read: {error}")
    print(json.dumps(expanded, indent=1))


if __name__ == "__main__":
    main()
