"""Whatever breaks at whichever step: brought again, each alert ends in one message on each channel.

Only a crash, or an answer that is lost, between sending and marking may end in two.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest

from pipeline_health.domain.alert import Alert, Wishes
from pipeline_health.domain.events import Change
from pipeline_health.domain.times import DAY, SECOND
from pipeline_health.flows.alerts import LEASE, Result, tell
from pipeline_health.flows.delivery import Claim, DeliveryFailed, Standing
from tests.alert_examples import event
from tests.alert_fakes import Claimed, Receiver

EVENTS = (event(), event(Change.FIXED, flip=2), event(branch="next"))
WISHES = Wishes(every_failure=False, every_branch=True, max_age=DAY)
STEPS = ("take", "send", "mark_sent")


class Died(BaseException):
    """The end of the process."""


class Fault(Enum):
    FAILS_BEFORE = (ConnectionError, False)
    FAILS_AFTER = (ConnectionError, True)
    DIES_BEFORE = (Died, False)
    DIES_AFTER = (Died, True)


@dataclass
class Faulty:
    """Claims and a receiver of which one call, the `nth` of `step`, goes wrong."""

    step: str
    nth: int
    fault: Fault
    claims: Claimed = field(default_factory=Claimed)
    receiver: Receiver = field(default_factory=Receiver)
    calls: int = 0

    def _call(self, step: str, act: Callable[[], Any]) -> Any:
        error, takes_effect = self.fault.value
        self.calls += step == self.step
        if step != self.step or self.calls != self.nth:
            return act()
        if takes_effect:
            act()
        raise error

    def send(self, alert: Alert) -> None:
        self._call("send", lambda: self.receiver.send(alert))

    def take(self, claim: Claim, now: int, until: int) -> Standing:
        standing: Standing = self._call("take", lambda: self.claims.take(claim, now, until))
        return standing

    def mark_sent(self, claim: Claim) -> None:
        self._call("mark_sent", lambda: self.claims.mark_sent(claim))

    def mark_refused(self, claim: Claim) -> None:
        self.claims.mark_refused(claim)

    def give_back(self, claim: Claim, at: int) -> None:
        self._call("give_back", lambda: self.claims.give_back(claim, at))


def _settled(world: Faulty) -> bool:
    try:
        outcomes = tell(
            EVENTS,
            WISHES,
            {"slack": world},
            world,
            clock=lambda: world.claims.now,
            deadline=world.claims.now + 20 * SECOND,
        )
    except Died:
        return False
    return all(outcome.result is not Result.FAILED for outcome in outcomes)


def _bring_until_settled(world: Faulty) -> int:
    """How often it had to be brought; Lambda waits at least a minute in between."""
    for times in range(1, 4):
        if _settled(world):
            return times
        world.claims.now += LEASE
    raise AssertionError("not told within three tries, which is all that Lambda makes")


def _messages(world: Faulty) -> list[int]:
    identities = [alert.identity for alert in world.receiver.told]
    return [identities.count(identity) for identity in dict.fromkeys(identities)]


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("nth", range(1, len(EVENTS) + 1))
@pytest.mark.parametrize("step", STEPS)
def test_it_tells_everything_whatever_breaks(step: str, nth: int, fault: Fault) -> None:
    world = Faulty(step, nth, fault)
    _bring_until_settled(world)
    assert len(_messages(world)) == len(EVENTS)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("nth", range(1, len(EVENTS) + 1))
@pytest.mark.parametrize("step", STEPS)
def test_it_tells_twice_only_what_broke_between_sending_and_marking(
    step: str, nth: int, fault: Fault
) -> None:
    world = Faulty(step, nth, fault)
    _bring_until_settled(world)
    uncertain = (step, fault) in {
        ("send", Fault.FAILS_AFTER),
        ("send", Fault.DIES_AFTER),
        ("mark_sent", Fault.DIES_BEFORE),
    }
    assert sum(_messages(world)) == len(EVENTS) + uncertain


@pytest.mark.parametrize("fault", Fault)
def test_it_is_told_although_a_claim_could_not_be_given_back(fault: Fault) -> None:
    world = Faulty("give_back", 1, fault)
    world.receiver.raises.append(DeliveryFailed("http_503", permanent=False))
    assert _bring_until_settled(world) == 2
    assert _messages(world) == [1, 1, 1]


def test_it_is_not_brought_again_for_a_message_that_is_out_and_could_not_be_marked() -> None:
    world = Faulty("mark_sent", 1, Fault.FAILS_BEFORE)
    assert _bring_until_settled(world) == 1
    assert _messages(world) == [1, 1, 1]
