"""What telling an alert rests on: channels that send it, and claims that say who sends it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pipeline_health.domain.alert import Alert


class DeliveryFailed(Exception):
    """A receiver did not take a message.

    `permanent` says that trying again will not help. `reason` is a word such as http_404, fit for a metric
    and without any secret. `retry_after` is for how many milliseconds the receiver asked to be left alone.
    """

    def __init__(self, reason: str, *, permanent: bool, retry_after: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


class Channel(Protocol):
    """A way to reach people. `send` gives up after a few seconds; DeliveryFailed says why."""

    def send(self, alert: Alert) -> None: ...


@dataclass(frozen=True)
class Claim:
    """The right to tell one alert on one channel, for as long as its lease lasts."""

    channel: str
    identity: tuple[str, ...]
    owner: str


class Standing(StrEnum):
    """How a claim stands once it was asked for."""

    OURS = "ours"
    SENDING = "sending"  # another's, who sends it or has crashed; free once the lease has run out
    SENT = "sent"
    REFUSED = "refused"


class Claims(Protocol):
    """Who tells what. Instants are milliseconds.

    Only its holder can refuse a claim or give it back; what was sent is sent, whoever says so.
    """

    def take(self, claim: Claim, now: int, until: int) -> Standing: ...
    def mark_sent(self, claim: Claim) -> None: ...
    def mark_refused(self, claim: Claim) -> None: ...
    def give_back(self, claim: Claim, at: int) -> None: ...
