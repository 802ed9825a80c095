"""Between every AWS client and moto: the one place where any request can go wrong, by its number."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.domain.times import SECOND

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"
_REFUSAL: Final = "<ErrorResponse><Error><Code>ThrottlingException</Code></Error></ErrorResponse>"  # SNS's


class Died(BaseException):
    """The end of the process."""


def _throttled(request: AWSPreparedRequest) -> AWSResponse:
    return _response(request, 400, _REFUSAL if "sns" in request.url else "{}")


def _failing(request: AWSPreparedRequest) -> AWSResponse:
    return _response(request, 500, "")


def _response(request: AWSPreparedRequest, status: int, body: str) -> AWSResponse:
    headers: Any = {"x-amzn-errortype": "ThrottlingException"} if status == 400 else {}
    return AWSResponse(request.url, status, headers, MockRawResponse(body))


def _lost(request: AWSPreparedRequest) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=request.url)


def _dead(_: AWSPreparedRequest) -> AWSResponse:
    raise Died


@dataclass(frozen=True)
class Fault:
    """What a request meets. `lasts`: botocore's own repetitions of it meet the same."""

    answer: Callable[[AWSPreparedRequest], AWSResponse]
    lasts: bool
    after: bool  # it took effect all the same


FAULTS: Final = {
    "throttled": Fault(_throttled, lasts=True, after=False),
    "5xx before its effect": Fault(_failing, lasts=True, after=False),
    "5xx after its effect": Fault(_failing, lasts=True, after=True),
    "an answer lost, and botocore asks again": Fault(_lost, lasts=False, after=True),
    "death before its effect": Fault(_dead, lasts=True, after=False),
    "death after its effect": Fault(_dead, lasts=True, after=True),
}


@dataclass(frozen=True)
class Call:
    """One request: the operation, as in dynamodb.UpdateItem, and what it carried."""

    operation: str
    url: str
    body: Any

    def __str__(self) -> str:
        return self.operation


@dataclass
class Wire:
    """`calls` are those of the invocation under way; repetitions are calls, too."""

    calls: list[Call] = field(default_factory=list)
    _watching: bool = False
    _trouble: tuple[int, Fault] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def watching(self, number: int = 0, fault: Fault | None = None) -> Iterator[None]:
        """Counts the calls; the `number`th meets the fault."""
        self.calls, self._watching = [], True
        self._trouble = (number, fault) if fault else None
        try:
            yield
        finally:
            self._watching = False

    def carry(self, event: str, request: AWSPreparedRequest, on: Callable[[], Any]) -> Any:
        if not self._watching:
            return on()
        fault = self._met(Call(event.removeprefix("before-send."), request.url, request.body))
        if not fault:
            return on()
        if fault.after and not (fault.answer is _dead and self._is_dead()):
            on()
        return fault.answer(request)

    def _met(self, call: Call) -> Fault | None:
        with self._lock:
            self.calls.append(call)
            number, fault = self._trouble or (0, None)
            if not fault or len(self.calls) < number:
                return None
            again = fault.lasts and call == self.calls[number - 1]
            return fault if len(self.calls) == number or again or self._is_dead() else None

    def _is_dead(self) -> bool:
        """Nothing of a dead process runs on, though a test's threads do."""
        number, fault = self._trouble or (0, None)
        return bool(fault and fault.answer is _dead and len(self.calls) > number)


@contextmanager
def wired() -> Iterator[Wire]:
    """For every client made while moto is on, before or in here. botocore repeats without waiting."""
    wire, moto = Wire(), BotocoreStubber.__call__

    def carry(stub: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **rest: Any) -> Any:
        return wire.carry(event_name, request, lambda: moto(stub, event_name, request, **rest))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BotocoreStubber, "__call__", carry)
        patch.setattr(DynamoDBBackend, "transact_write_items", _quick_transaction)
        patch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
        yield wire


_transaction = DynamoDBBackend.transact_write_items


def _quick_transaction(backend: DynamoDBBackend, actions: list[dict[str, Any]]) -> None:
    """moto copies the whole table for each action before it begins; one copy does."""
    copies: dict[int, Any] = {}

    def copied(thing: Any) -> Any:
        if not isinstance(thing, Table):
            return deepcopy(thing)
        if id(thing) not in copies:
            copies[id(thing)] = deepcopy(thing)
        return copies[id(thing)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moto.dynamodb.models.copy", SimpleNamespace(deepcopy=copied))
        _transaction(backend, actions)


Tables = dict[str, Any]


def remembered() -> Tables:
    """What all of moto's tables hold, taken past the API: there is a lot to put back."""
    return {name: deepcopy(table.items) for name, table in _tables().items()}


def put_back(tables: Tables) -> None:
    for name, items in tables.items():
        _tables()[name].items = deepcopy(items)


def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = dynamodb_backends[ACCOUNT][REGION].tables
    return tables


def items_of(client: DynamoDBClient, table: str) -> dict[str, dict[str, Any]]:
    """By key."""
    found: list[dict[str, Any]] = client.scan(TableName=table)["Items"]
    return {" ".join(item[name]["S"] for name in ("pk", "sk") if name in item): item for item in found}


def let_expire(client: DynamoDBClient, now: int) -> None:
    """What DynamoDB removes by a table's TTL, some hours after its time."""
    for table in client.list_tables()["TableNames"]:
        ttl = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"].get("AttributeName", "")
        for item in client.scan(TableName=table)["Items"]:
            if ttl in item and int(item[ttl]["N"]) <= now // SECOND:
                key: Any = {name: item[name] for name in ("pk", "sk", "id") if name in item}
                client.delete_item(TableName=table, Key=key)
