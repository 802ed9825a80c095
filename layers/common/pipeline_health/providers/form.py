"""JSON that came as one field of a form."""

from typing import Final
from urllib.parse import unquote_to_bytes

from pipeline_health.providers.delivery import Delivery
from pipeline_health.providers.refusal import not_json

_FORM: Final = "application/x-www-form-urlencoded"
_PAYLOAD: Final = b"payload="


def json_in(delivery: Delivery) -> bytes:
    """The body, or the form's field named payload; Refusal (400) of a form without exactly one."""
    if not delivery.headers.get("content-type", "").lower().startswith(_FORM):
        return delivery.body
    found = [pair for pair in delivery.body.split(b"&") if pair.startswith(_PAYLOAD)]
    if len(found) != 1:
        raise not_json("must be JSON, or a form with one field named payload")
    return unquote_to_bytes(found[0].removeprefix(_PAYLOAD).replace(b"+", b" "))
