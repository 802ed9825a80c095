"""Where the next page begins: opaque and URL-safe, and good only for the list it was given out for."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Final

from pipeline_health.domain.build import digest

FOREIGN: Final = "is not the `next` of this list with these filters"
_SEPARATOR: Final = "|"


def seal(position: str, listed: str) -> str:
    """`listed` says which list, with which filters. The check finds mistakes; there is no secret to keep."""
    text = f"{position}{_SEPARATOR}{_check(position, listed)}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unseal(cursor: str, listed: str) -> str:
    """The position; ValueError for anything but a cursor of this list."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (Error, ValueError) as error:
        raise ValueError(FOREIGN) from error
    position, _, _ = text.rpartition(_SEPARATOR)
    if seal(position, listed) != cursor:
        raise ValueError(FOREIGN)
    return position


def _check(position: str, listed: str) -> str:
    return digest(position, listed, length=12)
