"""A WebSocket of a locked stack ends when its token is taken back, when it expires, and after two hours."""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from local.deploy import STACK, Aws
from tests.e2e.stack import SOON, Stack, eventually, running
from tests.e2e.test_locked import bearer, read, secret
from tests.openid_server import AUDIENCE, Provider, openid_server

HOURS: Final = 2 * 3_600_000


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("ending"), AUTH="on") as stack:
        yield stack


def listening(stack: Stack, token: str) -> ClientConnection:
    """A token that was made a moment ago is taken once the authorizer has read it."""

    def ticket() -> str:
        answer = httpx.post(f"{stack.url}/ws/ticket", headers=bearer(token))
        return str(answer.json().get("ticket", ""))

    return connect(f"ws://127.0.0.1:{stack.port}/ws?ticket={eventually(ticket)}")


def resource(stack: Stack, logical_id: str) -> str:
    """Its name."""
    found = (
        Aws(stack.aws_url)
        .client("cloudformation")
        .describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def look(stack: Stack) -> None:
    """What its schedule does every five minutes."""
    function = resource(stack, "RevokeFunction")
    answer = Aws(stack.aws_url).client("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def is_open(listener: ClientConnection) -> bool:
    listener.send('{"action": "ping"}')
    return bool(json.loads(listener.recv(SOON)) == {"type": "pong"})


def connections(stack: Stack) -> list[dict[str, Any]]:
    table = resource(stack, "ConnectionsTable")
    items: list[dict[str, Any]] = Aws(stack.aws_url).client("dynamodb").scan(TableName=table)["Items"]
    return items


def has_ended(listener: ClientConnection) -> bool:
    with pytest.raises(ConnectionClosed):
        listener.recv(SOON)
    return True


@pytest.fixture(scope="module")
def tokens(locked: Stack) -> tuple[str, str]:
    """The one before and the present one."""
    return secret(locked, "read"), secret(locked, "read", "rotate")


def test_it_ends_when_its_token_is_taken_back(locked: Stack, tokens: tuple[str, str]) -> None:
    with listening(locked, tokens[0]) as first, listening(locked, tokens[1]) as second:
        secret(locked, "read", "rotate")  # now the second is the one before, and the first is none any more
        look(locked)
        assert has_ended(first)
        assert is_open(second)


def test_it_ends_after_two_hours(locked: Stack, tokens: tuple[str, str]) -> None:
    """The clock is moved by the table: it says that the socket opened two hours earlier."""
    with listening(locked, tokens[1]) as listener:
        look(locked)
        assert is_open(listener)
        for item in connections(locked):
            earlier = {"N": str(int(item["opened_at"]["N"]) - HOURS)}
            Aws(locked.aws_url).client("dynamodb").put_item(
                TableName=resource(locked, "ConnectionsTable"), Item=item | {"opened_at": earlier}
            )
        look(locked)
        assert has_ended(listener)
        assert connections(locked) == []


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with openid_server() as provider:
        yield provider


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Stack]:
    told = {"AUTH": "on", "OIDC_ISSUER": provider.issuer, "OIDC_AUDIENCE": AUDIENCE}
    with running(tmp_path_factory.mktemp("openid"), **told) as stack:
        yield stack


@pytest.mark.parametrize("key_id", ["rsa-1", "ec-1"])
def test_it_shows_builds_to_whom_the_provider_vouches_for(
    company: Stack, provider: Provider, key_id: str
) -> None:
    assert read(company, "/builds") == 401
    assert read(company, "/builds", provider.token(key_id, aud="another product")) == 403
    assert read(company, "/builds", provider.token(key_id)) == 200


def test_it_ends_when_the_token_expires_that_opened_it(company: Stack, provider: Provider) -> None:
    over = provider.token(exp=time.time() - 1)  # clocks may differ by a minute, so it opens still
    with listening(company, provider.token()) as lasting, listening(company, over) as expired:
        look(company)
        assert has_ended(expired)
        assert is_open(lasting)
