"""Instants are whole milliseconds since 1970-01-01 UTC: integers add up exactly."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

SECOND: Final = 1000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR
JULY: Final = 7

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# RFC 3339, section 5.6; the offset is required, because a time without one means nothing to anyone else.
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse_instant(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 time; ValueError when it is none or has no offset."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("must be an RFC 3339 time with its offset, such as 2026-11-23T12:00:00Z")
    try:
        return (datetime.fromisoformat(text.upper()) - _EPOCH) // timedelta(milliseconds=1)
    except OverflowError as error:
        raise ValueError("is outside the years 1 to 9999") from error


def format_instant(instant: int) -> str:
    """RFC 3339 in UTC with `Z`; milliseconds only where there are any."""
    moment = _EPOCH + timedelta(milliseconds=instant)
    spec = "milliseconds" if instant % SECOND else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")


def half_year_of(instant: int) -> str:
    """2026-H2, in UTC."""
    moment = _EPOCH + timedelta(milliseconds=instant)
    return f"{moment.year}-H{1 if moment.month < JULY else 2}"


def half_year_start(instant: int) -> int:
    """The first instant of the half-year that this one is in."""
    moment = _EPOCH + timedelta(milliseconds=instant)
    first = datetime(moment.year, 1 if moment.month < JULY else JULY, 1, tzinfo=UTC)
    return (first - _EPOCH) // timedelta(milliseconds=1)


def seconds(milliseconds: int) -> float:
    """Seconds as the API shows them: a whole number where it is one, else with its milliseconds."""
    return milliseconds / SECOND if milliseconds % SECOND else milliseconds // SECOND
