"""A connection and its subscription: who is looking, and which builds they want to hear of."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from pipeline_health.domain.build import Build, Name, Status
from pipeline_health.domain.reader import ANYBODY, Reader
from pipeline_health.domain.times import HOUR, SECOND

VALUES_LIMIT: Final = 10
FILTER_LIMIT: Final = 4096  # bytes of JSON: every broadcast reads every connection's filter
DEFAULT_BRANCHES: Final = "default"  # as a branch: the default one of each repository, as in the REST API
OPEN_AT_MOST: Final = 2 * HOUR  # as API Gateway has it; then whoever listens has to be let in again
LIFETIME: Final = OPEN_AT_MOST + 10 * 60 * SECOND  # of its record
OPENING: Final = 30 * SECOND  # $connect runs, and its timeout, before API Gateway knows the connection

T = TypeVar("T", bound=str)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _short_set(values: tuple[T, ...]) -> tuple[T, ...]:
    """In one order, so that filters that want the same are equal."""
    if not 1 <= len(values) <= VALUES_LIMIT:
        raise ValueError(f"must have 1 to {VALUES_LIMIT} values")
    return tuple(sorted(set(values)))


Names = Annotated[tuple[Name, ...], BeforeValidator(_listed), AfterValidator(_short_set)]
Statuses = Annotated[tuple[Status, ...], BeforeValidator(_listed), AfterValidator(_short_set)]


def _wants(wanted: Iterable[str], *said: str) -> bool:
    return not wanted or any(word in wanted for word in said)


class Filter(BaseModel):
    """Which builds a connection wants: of every key given, one of its values; without any, all builds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Names = ()
    repo: Names = ()
    pipeline: Names = ()  # ids or names
    branch: Names = ()
    status: Statuses = ()

    @model_validator(mode="after")
    def _is_small(self) -> Self:
        if len(self.model_dump_json().encode()) > FILTER_LIMIT:
            raise ValueError(f"must have at most {FILTER_LIMIT} bytes")
        return self

    def matches(self, build: Build, *, default: bool = False) -> bool:
        """`default` says whether the build's branch is its repository's default one."""
        branches = (build.branch, DEFAULT_BRANCHES) if default else (build.branch,)
        return (
            _wants(self.provider, build.provider)
            and _wants(self.repo, build.repo)
            and _wants(self.pipeline, build.pipeline_id, build.pipeline)
            and _wants(self.branch, *branches)
            and _wants(self.status, build.status)
        )


ALL: Final = Filter()


@dataclass(frozen=True)
class Connection:
    """One open WebSocket, what it wants to hear of, and who was let in with it."""

    id: str
    opened_at: int
    wants: Filter = ALL
    reader: Reader = ANYBODY

    @property
    def expires_at(self) -> int:
        return self.opened_at + LIFETIME

    def is_over(self, now: int) -> bool:
        """Whether it has been open for as long as it may be, or its reader was let in."""
        return now >= self.opened_at + OPEN_AT_MOST or self.reader.is_over(now)

    def may_be_opening(self, now: int) -> bool:
        """Whether API Gateway may not know it yet: until $connect has returned it calls it gone."""
        return now - self.opened_at < OPENING


class Delivery(StrEnum):
    """What became of a message to one connection, or of its end."""

    SENT = "sent"
    GONE = "gone"
    FAILED = "failed"
    ENDED = "ended"
