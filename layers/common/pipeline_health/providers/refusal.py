"""Why a delivery is refused: the one error of this edge, from which the problem+json reply is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

# The phrases of RFC 9110: http.HTTPStatus has older ones before Python 3.13.
_TITLES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    422: "Unprocessable Content",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@dataclass(frozen=True)
class FieldError:
    field: str
    message: str


class Refusal(Exception):
    """`status` is the HTTP status it is answered with; `errors` name the fields as the sender calls them.

    No text here repeats what the sender sent: it may be hostile, and it ends in logs and on screens.
    """

    def __init__(self, status: int, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.title = _TITLES[status]
        self.detail = detail
        self.errors = tuple(errors)

    def document(self) -> dict[str, Any]:
        """The body of application/problem+json (RFC 9457)."""
        errors = [{"field": error.field, "message": error.message} for error in self.errors]
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **({"errors": errors} if errors else {}),
        }


class Unauthorized(Refusal):
    """The delivery does not prove that it comes from someone who knows the secret."""

    def __init__(self, detail: str) -> None:
        super().__init__(401, detail)


def not_json(message: str) -> Refusal:
    return Refusal(400, "The body is not JSON that can be read.", [FieldError("body", message)])


def unusable(field: str, message: str) -> Refusal:
    return Refusal(422, "Some fields cannot be used.", [FieldError(field, message)])


def refused_fields(error: ValidationError) -> Refusal:
    found = error.errors(include_url=False, include_input=False)
    return Refusal(422, "Some fields cannot be used.", [_field_error(each) for each in found])


def _field_error(error: ErrorDetails) -> FieldError:
    field = ".".join(str(part) for part in error["loc"]) or "body"
    return FieldError(field, _message(error["type"], error.get("ctx", {})))


def _message(kind: str, context: Mapping[str, Any]) -> str:
    """What to do about it, in our words: pydantic's own are about Python and may quote the input."""
    template = _MESSAGES.get(kind, "cannot be used")
    return template.format_map(context)


_MESSAGES: Final = {
    "missing": "is required",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length} characters",
    "string_unicode": "has bytes that are not UTF-8",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "model_type": "must be an object",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "value_error": "{error}",
}
