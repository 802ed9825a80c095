"""The builds table, written: one item a build, one conditional request a delivery.

Of two sightings the one with the greater version describes the build, so that any order of deliveries ends in
the same item. `queued_at` stands beside the build, because it is known to one delivery alone and is added
whatever is stored by then; `first_job_at` because it comes from the build's jobs (see jobs_stored.py).
`created_at` is kept from the first write, which makes it the first receipt: build_items.py says what for.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipeline_health.adapters import aws
from pipeline_health.adapters.build_items import build_from, described, timed
from pipeline_health.adapters.dynamodb import from_item, to_item
from pipeline_health.adapters.keys import build_key, recent_key
from pipeline_health.domain.build import Build, Sighting, unsaid
from pipeline_health.domain.times import DAY, SECOND
from pipeline_health.flows.ingest import Recorded, Result, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT: Final = frozenset({"queued_at", "first_job_at", "created_at"})  # by a word that does not know them

_LEAD: Final = (
    "SET build = :build, version = :version, #half_year = :half_year, #at = :at, updated_at = :now,"
    " created_at = if_not_exists(created_at, :now), expires_at = if_not_exists(expires_at, :expires_at)"
)
_LEADS: Final = "attribute_not_exists(pk) OR version < :version"
_ADD: Final = (
    "SET build = if_not_exists(build, :build), version = if_not_exists(version, :version),"
    " #half_year = if_not_exists(#half_year, :half_year), #at = if_not_exists(#at, :at),"
    " queued_at = :queued_at, updated_at = :now,"
    " created_at = if_not_exists(created_at, :now), expires_at = if_not_exists(expires_at, :expires_at)"
)
_IS_NEWS: Final = "attribute_not_exists(queued_at)"
_REVISION: Final = " ADD revision :one"


class DynamoBuilds:
    def __init__(self, client: "DynamoDBClient", table: str, retention_days: int) -> None:
        self._client = client
        self._table = table
        self._retention = retention_days * DAY

    def record(self, sighting: Sighting, now: int) -> Recorded:
        """One UpdateItem. Repeated by a retry after a lost answer it finds its own work: unchanged."""
        try:
            with unavailable():
                answer = self._client.update_item(**self.request(sighting, now))
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            stored = refused.response["Item"]  # type: ignore[typeddict-item]  # not in botocore's stubs
            return Recorded(Result.UNCHANGED, build_from(stored))
        if before := answer.get("Attributes", {}):
            return Recorded(Result.UPDATED, _after(sighting, before, now))
        return Recorded(Result.CREATED, _stored_anew(sighting.build, now, now))

    def request(self, sighting: Sighting, now: int) -> dict[str, Any]:
        build = sighting.build
        expression, condition, values = _adding(build) if sighting.adds_queued_at else _leading(build)
        return {
            "TableName": self._table,
            "Key": to_item(build_key(build)),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#half_year": "half_year", "#at": "at"},  # a reserved word
            "ExpressionAttributeValues": to_item(
                {
                    **values,
                    **{f":{name}": value for name, value in recent_key(build, build.at or now).items()},
                    ":build": described(build),
                    ":version": sighting.version,
                    ":now": now,
                    ":expires_at": (now + self._retention) // SECOND,
                    ":one": 1,
                }
            ),
            "ReturnValues": "ALL_OLD",  # nothing for a new build, which spares the time to read it back
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def _leading(build: Build) -> tuple[str, str, Mapping[str, Any]]:
    """A state that does not know when the build was queued keeps what another delivery said."""
    known = {name: value for name in ("logs", "queued_at") if (value := getattr(build, name)) is not None}
    also = "".join(f", {name} = :{name}" for name in known)
    forgotten = "" if "logs" in known else " REMOVE logs"
    return f"{_LEAD}{also}{forgotten}{_REVISION}", _LEADS, {f":{name}": known[name] for name in known}


def _adding(build: Build) -> tuple[str, str, Mapping[str, Any]]:
    return f"{_ADD}{_REVISION}", _IS_NEWS, {":queued_at": build.queued_at}


def _after(sighting: Sighting, before: Mapping[str, Any], now: int) -> Build:
    """What the update has made of the stored item; the expressions above in Python."""
    if sighting.adds_queued_at:
        added = to_item({"queued_at": sighting.build.queued_at, "updated_at": now})
        return build_from({**before, **added})
    stored = from_item({name: before[name] for name in _KEPT & before.keys()})
    said = unsaid({"queued_at": sighting.build.queued_at})
    build = sighting.build.model_copy(update={**stored, **said})
    return _stored_anew(build, build.created_at, now)


def _stored_anew(build: Build, created_at: int, now: int) -> Build:
    return timed(build.model_copy(update={"created_at": created_at, "updated_at": now}))


@contextmanager
def unavailable() -> Iterator[None]:
    """Throttled, failing, too slow or out of reach: whatever it is, the delivery is not stored."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            raise
        raise Unavailable("Storage") from error
    except BotoCoreError as error:
        raise Unavailable("Storage") from error


@cache
def writing_client() -> "DynamoDBClient":
    """GitHub waits 10 s and never retries by itself: two tries fit in, with time left to answer 503."""
    config = Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 2},
        tcp_keepalive=True,
        parameter_validation=False,  # a tenth of the time of a request; `request` builds all of it
        account_id_endpoint_mode="disabled",
        user_agent="pipeline-health",  # botocore's own takes twenty objects to build, at each request
    )
    return aws.client("dynamodb", config)
