"""The kinds of field that senders share, and how a document is checked against them."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)

from pipeline_health.domain.build import EARLIEST, LATEST, NAME_LIMIT, storable
from pipeline_health.domain.times import DAY, parse_instant
from pipeline_health.providers.delivery import Delivery
from pipeline_health.providers.refusal import refused_fields

_CONTROL: Final = re.compile(r"[\x01-\x1f\x7f]+")
_NOW: Final = "now"
DURATION_LIMIT: Final = 400 * DAY  # what a Build holds; GitHub ends a run after 35 days


class Wire(BaseModel):
    """A part of a sender's payload: only what we read of it, nothing converted.

    Built when its sender writes: most stacks hear from one.
    """

    model_config = ConfigDict(frozen=True, strict=True, defer_build=True)


WireModel = TypeVar("WireModel", bound=Wire)


def checked(model: type[WireModel], document: Mapping[str, Any], delivery: Delivery) -> WireModel:
    """The document as that model; Refusal (422) with the sender's own field names."""
    try:
        return model.model_validate(document, context={_NOW: delivery.received_at})
    except ValidationError as error:
        raise refused_fields(error) from None


def tidy(text: str) -> str | None:
    """Free text as one short line; NUL is refused, because no honest sender has one."""
    line = _CONTROL.sub(" ", text).replace("\ufffd", "?").strip()
    return storable(line[:NAME_LIMIT].strip()) or None


def _to_instant(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("must be an RFC 3339 time in a string")  # noqa: TRY004  (pydantic reports ValueErrors)
    try:
        return parse_instant(value)
    except ValueError:
        # datetime's own messages quote the input
        raise ValueError("must be an RFC 3339 time with its offset, such as 2026-11-23T12:00:00Z") from None


def believable(instant: int, info: ValidationInfo) -> int:
    """Between 1970 and tomorrow by our clock: a build further ahead would lead every list for years."""
    if instant < EARLIEST:
        raise ValueError("is before 1970")
    if not believable_at(instant, (info.context or {})[_NOW]):
        raise ValueError("lies more than a day ahead")
    return instant


def believable_at(instant: int, now: int) -> bool:
    return instant <= min(now + DAY, LATEST)


def first_line(text: str) -> str | None:
    return tidy(text.strip().partition("\n")[0])


FreeText = Annotated[str, AfterValidator(tidy)]  # None once tidied where nothing is left of it
FirstLine = Annotated[str, AfterValidator(first_line)]
Label = Annotated[str, Field(max_length=NAME_LIMIT), AfterValidator(storable)]  # a Name that may be empty
Moment = Annotated[int, BeforeValidator(_to_instant), AfterValidator(believable)]  # RFC 3339 in, instant out
Number = Annotated[int, Field(ge=1, lt=10**15)]
