"""Whatever call to AWS fails, before its effect or after it, or is the last: what comes again ends the same.

The calls are those of a run without a fault, so a new one is broken here without anybody thinking of it.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from tests.faults.wire import FAULTS, Call, Died, Fault, Wire, put_back, remembered
from tests.faults.worlds import WORLDS, Alerts, World, forget
from tests.template import resources

# powertools: of a call that fails there is nothing to count
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
Make = Callable[[str], World]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", WORLDS)
def test_it_ends_the_same_whichever_call_fails_once_it_is_brought_again(
    name: str, fault: str, made: Make, wire: Wire
) -> None:
    world = made(name)
    expected = end_without_a_fault(world)
    for call, raised in broken_at_each_call(world, wire, FAULTS[fault]):
        assert raised or name in MENDS_ITSELF or world.end() == expected, (
            f"{call} was not done, and nobody told"
        )
        world.call()
        assert world.end() == expected, call


# A page that was not told asks for the list; an alert that was not marked was told: no reason to call again.
MENDS_ITSELF: Final = ("broadcast", "alerts")


@pytest.mark.parametrize("fault", FAULTS)
def test_an_alert_is_sent_twice_only_where_it_broke_between_sending_and_marking(
    fault: str, made: Make, wire: Wire
) -> None:
    world = made("alerts")
    assert isinstance(world, Alerts)
    for call, _ in broken_at_each_call(world, wire, FAULTS[fault]):
        world.call()
        uncertain = "SendEmail" in call.operation if FAULTS[fault].after else marks_as_sent(call)
        assert sorted(world.mails().values()) in ([[1, 1], [1, 2]] if uncertain else [[1, 1]]), call


@pytest.mark.parametrize("name", WORLDS)
def test_it_breaks_every_call_that_the_function_may_make(name: str, made: Make, wire: Wire) -> None:
    world = made(name)
    with wire.watching():
        world.call()
    assert {asked for call in wire.calls for asked in permissions_for(call)} == permissions(world.function)


def end_without_a_fault(world: World) -> Any:
    before = remembered()
    world.reset()
    world.call()
    world.call()
    end = world.end()
    put_back(before)
    return end


def broken_at_each_call(world: World, wire: Wire, fault: Fault) -> Iterator[tuple[Call, bool]]:
    """From the same beginning each time: the call that met the fault, and whether the function raised."""
    before = remembered()
    with wire.watching():
        world.call()
    for number, call in enumerate(list(wire.calls), 1):
        put_back(before)
        world.reset()
        forget(world.memory)
        with wire.watching(number, fault):
            raised = raises(world)
        assert len(wire.calls) >= number
        yield call, raised


def raises(world: World) -> bool:
    try:
        world.call()
    except Died:
        forget(world.memory)
        return True
    except Exception:  # noqa: BLE001  whatever it is, Lambda calls again
        return True
    return False


def marks_as_sent(call: Call) -> bool:
    values = (
        json.loads(call.body).get("ExpressionAttributeValues", {}) if "UpdateItem" in call.operation else {}
    )
    return ":sent" in values


Permission = tuple[str, str]  # of an action, and of the table where it is one's

# Asked by Lambda, which reads the stream and sets aside what fails.
_LAMBDAS: Final = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "sqs:SendMessage",
}
_NAMES: Final = {
    "apigatewaymanagementapi.PostToConnection": "execute-api:ManageConnections",
    "secrets-manager.GetSecretValue": "secretsmanager:GetSecretValue",
    "sesv2.SendEmail": "ses:SendEmail",
}


def permissions_for(call: Call) -> set[Permission]:
    if call.operation == "dynamodb.TransactWriteItems":
        items = json.loads(call.body)["TransactItems"]
        return {(f"dynamodb:{verb}Item", what["TableName"]) for item in items for verb, what in item.items()}
    if call.operation in ("dynamodb.BatchGetItem", "dynamodb.BatchWriteItem"):
        action = call.operation.replace(".", ":")
        return {(action, table) for table in json.loads(call.body)["RequestItems"]}
    action = _NAMES.get(call.operation, call.operation.replace(".", ":"))
    return {(action, json.loads(call.body)["TableName"] if action.startswith("dynamodb:") else "")}


def permissions(function: str) -> set[Permission]:
    (policy,) = resources("AWS::Serverless::Function")[function]["Properties"]["Policies"]
    return {
        (
            action,
            str(statement["Resource"].get("Fn::GetAtt", "")).partition(".")[0]
            if "dynamodb" in action
            else "",
        )
        for statement in (each.get("Fn::If", [None, each])[1] for each in policy["Statement"])
        for action in _listed(statement["Action"])
        if action not in _LAMBDAS
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
