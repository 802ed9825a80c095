"""`make webhook-secret`, `make read-token`: what has to be pasted elsewhere, the secret last.

`python -m local.secret webhook rotate` makes a new one first; the old one holds on until the next.
STACK names a stack on AWS; without it the one that runs on this machine is meant. It stands for
aws secretsmanager get-secret-value --secret-id <output WebhookSecretArn> --query SecretString --output text
"""

import json
import os
import secrets
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.deploy import STACK, Aws
from local.settings import BadSettingError, read_settings

Clients = Callable[[str], Any]
OUTPUTS: Final = {"webhook": "WebhookSecretArn", "read": "ReadTokenArn"}


class NoSecretError(Exception):
    """There is none; the message says why."""


def main() -> None:
    name, rotating = sys.argv[1], "rotate" in sys.argv[2:]
    try:
        clients, stack, url = place()
        if rotating:
            rotate(clients, stack, name)
        secret = value(clients, stack, name)
        print("\n".join((*_GUIDES[name](url or api_url(clients, stack), secret), secret)))
    except (NoSecretError, BadSettingError, BotoCoreError, ClientError) as error:
        sys.exit(str(error))


def place() -> tuple[Clients, str, str]:
    """How to reach it, its stack, and the address of its API where no output names it."""
    if os.environ.get("STACK"):
        return partial(boto3.client), os.environ["STACK"], ""
    settings = read_settings(os.environ)
    return Aws(settings.aws_url).client, STACK, settings.url


def value(clients: Clients, stack: str, name: str) -> str:
    text = clients("secretsmanager").get_secret_value(SecretId=_arn(clients, stack, name))["SecretString"]
    return str(json.loads(text)[name])


def rotate(clients: Clients, stack: str, name: str) -> None:
    """Both hold from now on, until the next rotation."""
    document = {name: secrets.token_hex(24), "previous": value(clients, stack, name)}
    clients("secretsmanager").put_secret_value(
        SecretId=_arn(clients, stack, name), SecretString=json.dumps(document)
    )


def _for_webhooks(url: str, secret: str) -> list[str]:
    from pipeline_health.providers.proof import signing_token  # noqa: PLC0415  # `make run` needs none of it

    return [
        f"GitHub: payload URL {url}/ingest/github, content type application/json, event Workflow runs",
        f"CircleCI: URL {url}/ingest/circleci, event Workflow Completed",
        f"GitLab: URL {url}/ingest/gitlab, trigger Pipeline events, secret token: the secret,",
        f"or signing token: {signing_token(secret.encode())}",
        f"Jenkins: {url}/ingest/jenkins?token= and the secret",
        "Secret:",
    ]


def _for_readers(url: str, _: str) -> list[str]:
    return [f"{url}/ asks for it; else send it as: Authorization: Bearer", "Token:"]


_GUIDES: Final = {"webhook": _for_webhooks, "read": _for_readers}


def api_url(clients: Clients, stack: str) -> str:
    return _outputs(clients, stack)["ApiUrl"]


def _outputs(clients: Clients, stack: str) -> dict[str, str]:
    described = clients("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _arn(clients: Clients, stack: str, name: str) -> str:
    arn = _outputs(clients, stack).get(OUTPUTS[name])
    if not arn:
        raise NoSecretError(f"stack {stack} has no {name} secret: it was started with Auth (AUTH) off.")
    return arn


if __name__ == "__main__":
    main()
