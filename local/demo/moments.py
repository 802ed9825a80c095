"""Instants: milliseconds since 1970, or RFC 3339. The demo shares no code with the product it sends to."""

from datetime import UTC, datetime
from typing import Final

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY


def moment(instant: int) -> datetime:
    return datetime.fromtimestamp(instant / SECOND, UTC)


def iso(instant: int) -> str:
    return moment(instant).strftime("%Y-%m-%dT%H:%M:%SZ")
