"""What a stack with AUTH=on wants to be shown: taken from the stack itself, as `make webhook-secret` does."""

import json
import os
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from local.demo.sending import NotAcceptedError, Stack
from local.secret import NoSecretError, place, value


@dataclass(frozen=True)
class Keys:
    """Empty where nothing is asked for."""

    webhook: str = ""
    read: str = ""


def keys(stack: Stack) -> Keys:
    status, answer = stack.get("/config")
    if status != 200:
        raise NotAcceptedError(
            f"{stack.url}/config answered {status}: {answer[:500].decode(errors='replace')}"
        )
    if not json.loads(answer)["auth"]:
        return Keys()
    return Keys(
        os.environ.get("WEBHOOK_SECRET") or _kept("webhook"), os.environ.get("READ_TOKEN") or _kept("read")
    )


def _kept(name: str) -> str:
    """Empty where it cannot be found, as where readers show a provider's tokens: who asks for it says so."""
    try:
        clients, stack, _ = place()
        return value(clients, stack, name)
    except (NoSecretError, BotoCoreError, ClientError):
        return ""
