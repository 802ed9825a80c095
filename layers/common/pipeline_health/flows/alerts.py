"""Build events to people: each alert once on each channel, and no channel waits for another."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import uuid4

from pipeline_health.domain.alert import Alert, Wishes, alerts_in, silence
from pipeline_health.domain.events import BuildEvent
from pipeline_health.domain.times import SECOND
from pipeline_health.flows.delivery import Channel, Claim, Claims, DeliveryFailed, Standing

# Longer than the function may run, so that one whose lease ran out is dead and not just slow; no longer than
# Lambda waits before it tries again (a minute), so that the next try may take over from one that crashed.
LEASE: Final = 60 * SECOND
NO_CHANNEL: Final = "none"

Clock = Callable[[], int]


class Result(StrEnum):
    """What became of an alert; the value is the name of its metric."""

    SENT = "AlertSent"
    REFUSED = "AlertRefused"
    FAILED = "AlertFailed"  # the one that must be tried again
    SUPPRESSED = "AlertSuppressed"


@dataclass(frozen=True)
class Outcome:
    """One alert on one channel. `retry_after`: milliseconds the receiver asked for; `error`: unforeseen."""

    alert: Alert
    channel: str
    result: Result
    reason: str = "none"
    retry_after: int = 0
    error: Exception | None = None


_TAKEN: Final = {
    Standing.SENT: (Result.SUPPRESSED, "already_sent"),
    Standing.REFUSED: (Result.SUPPRESSED, "already_refused"),
    Standing.SENDING: (Result.FAILED, "being_sent"),
}


def tell(
    events: Iterable[BuildEvent],
    wishes: Wishes,
    channels: Mapping[str, Channel],
    claims: Claims,
    *,
    clock: Clock,
    deadline: int,
) -> list[Outcome]:
    """Tells what is wished on every channel; returns at `deadline` (an instant) whatever still hangs.

    Whoever calls must come again with the same events when anything FAILED: what was told is not told twice.
    """
    now = clock()
    judged = [(alert, silence(alert, wishes, now)) for alert in alerts_in(events)]
    quiet = [Outcome(alert, NO_CHANNEL, Result.SUPPRESSED, why) for alert, why in judged if why]
    wanted = [alert for alert, why in judged if not why]
    if not channels:
        return quiet + [Outcome(alert, NO_CHANNEL, Result.SUPPRESSED, "no_channel") for alert in wanted]
    couriers = [_Courier(kind, channel, claims, clock, deadline) for kind, channel in channels.items()]
    return quiet + _side_by_side(couriers, wanted)


def _side_by_side(couriers: list["_Courier"], alerts: list[Alert]) -> list[Outcome]:
    """A thread for each channel. Told is only what was seen to be told: all else counts as put off."""
    outcomes = {
        (courier.kind, alert.identity): Outcome(alert, courier.kind, Result.FAILED, "put_off")
        for courier in couriers
        for alert in alerts
    }

    def note(outcome: Outcome) -> None:
        outcomes[outcome.channel, outcome.alert.identity] = outcome

    threads = ThreadPoolExecutor(len(couriers))
    under_way = [threads.submit(courier.tell_all, alerts, note) for courier in couriers]
    done, _ = wait(under_way, timeout=couriers[0].seconds_left())
    threads.shutdown(wait=False)
    for each in done:
        each.result()  # raises what no outcome stands for, such as the end of this process
    return list(outcomes.values())


@dataclass(frozen=True)
class _Courier:
    """Carries alerts to one channel, one after the other."""

    kind: str
    channel: Channel
    claims: Claims
    clock: Clock
    deadline: int

    def seconds_left(self) -> float:
        return max(0, self.deadline - self.clock()) / SECOND

    def tell_all(self, alerts: list[Alert], note: Callable[[Outcome], None]) -> None:
        """Up to the deadline, or until the receiver asks to be left alone: the rest is put off."""
        for alert in alerts:
            if not self.seconds_left():
                return
            outcome = self._outcome(alert)
            note(outcome)
            if outcome.retry_after:
                return

    def _outcome(self, alert: Alert) -> Outcome:
        try:
            return self._tell(alert)
        # An alert that trips over itself, or a table that does not answer, must not silence the others.
        except Exception as error:  # noqa: BLE001
            return Outcome(alert, self.kind, Result.FAILED, type(error).__name__, error=error)

    def _tell(self, alert: Alert) -> Outcome:
        claim = Claim(self.kind, alert.identity, uuid4().hex)
        now = self.clock()
        standing = self.claims.take(claim, now, now + LEASE)
        if standing is not Standing.OURS:
            return Outcome(alert, self.kind, *_TAKEN[standing])
        try:
            self.channel.send(alert)
        except DeliveryFailed as failure:
            return self._failed(alert, claim, failure)
        return self._sent(alert, claim)

    def _sent(self, alert: Alert, claim: Claim) -> Outcome:
        """Told, even where that cannot be noted down: to try again would tell it twice for certain."""
        try:
            self.claims.mark_sent(claim)
        except Exception as error:  # noqa: BLE001
            return Outcome(alert, self.kind, Result.SENT, "not_marked", error=error)
        return Outcome(alert, self.kind, Result.SENT)

    def _failed(self, alert: Alert, claim: Claim, failure: DeliveryFailed) -> Outcome:
        """A claim given back lets the next try send at once, or once the receiver wants to hear from us."""
        if failure.permanent:
            self.claims.mark_refused(claim)
            return Outcome(alert, self.kind, Result.REFUSED, failure.reason)
        pause = min(failure.retry_after, LEASE)
        self.claims.give_back(claim, self.clock() + pause)
        return Outcome(alert, self.kind, Result.FAILED, failure.reason, retry_after=pause)
