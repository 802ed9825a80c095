"""Why a question is refused, as application/problem+json (RFC 9457)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pipeline_health.providers.refusal import FieldError, Refusal

PROBLEM_JSON: Final = "application/problem+json"


def refused(parameter: str, message: str) -> Refusal:
    """A query parameter that was understood but cannot be answered."""
    return _unusable([FieldError(parameter, message)])


def refuse_repeated(names: Iterable[str]) -> None:
    """Of a parameter given twice we could only guess which one was meant."""
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise _unusable([FieldError(name, "is given more than once") for name in repeated])


def not_found(detail: str) -> Refusal:
    return Refusal(404, detail)


def invalid(errors: Iterable[Mapping[str, Any]], allowed: Sequence[str]) -> Refusal:
    """A question that pydantic refused; `allowed` names the route's query parameters.

    Of an optional parameter it also says that it might have been None, which nobody can send.
    """
    told = [error for error in errors if error["type"] != "none_required"]
    fields = [FieldError(_field(error["loc"]), _message(error, allowed)) for error in told]
    return _unusable(fields)


def _unusable(fields: Sequence[FieldError]) -> Refusal:
    return Refusal(422, "; ".join(f"{each.field} {each.message}" for each in fields), fields)


def _field(loc: Sequence[str | int]) -> str:
    """("query", "window") is what people call window; what follows is pydantic's way to it."""
    return str(loc[1]) if len(loc) > 1 else "query"


def _message(error: Mapping[str, Any], allowed: Sequence[str]) -> str:
    if error["type"] == "extra_forbidden":
        return f"is unknown here; allowed: {', '.join(sorted(allowed)) or 'no parameter at all'}"
    message: str = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return message[0].lower() + message[1:]
