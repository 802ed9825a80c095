"""Alerts are told once on each channel; what fails for now is told later, what is refused is left alone."""

import threading
from collections.abc import Callable, Iterator

import pytest

from pipeline_health.domain.alert import Alert, Wishes
from pipeline_health.domain.events import BuildEvent, Change
from pipeline_health.domain.times import DAY, SECOND
from pipeline_health.flows.alerts import LEASE, Outcome, Result, tell
from pipeline_health.flows.delivery import Channel, Claim, DeliveryFailed
from tests.alert_examples import NOON, event
from tests.alert_fakes import Claimed, Receiver

WISHES = Wishes(every_failure=True, every_branch=True, max_age=DAY)


class Hanging:
    def __init__(self) -> None:
        self.over = threading.Event()

    def send(self, alert: Alert) -> None:
        self.over.wait(30)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    channel = Hanging()
    yield channel
    channel.over.set()


def told(
    claims: Claimed, *events: BuildEvent, deadline: int = 20 * SECOND, **channels: Channel
) -> list[tuple[str, Result, str]]:
    outcomes = _tell(claims, events, channels, deadline)
    return [(each.channel, each.result, each.reason) for each in outcomes]


def _tell(
    claims: Claimed, events: tuple[BuildEvent, ...], channels: dict[str, Channel], left: int
) -> list[Outcome]:
    clock: Callable[[], int] = lambda: claims.now  # noqa: E731
    return tell(events or (event(),), WISHES, channels, claims, clock=clock, deadline=claims.now + left)


def for_now(retry_after: int = 0) -> DeliveryFailed:
    return DeliveryFailed("http_503", permanent=False, retry_after=retry_after)


def test_it_tells_an_alert_on_every_channel() -> None:
    slack, email = Receiver(), Receiver()
    assert told(Claimed(), slack=slack, email=email) == [
        ("slack", Result.SENT, "none"),
        ("email", Result.SENT, "none"),
    ]
    assert slack.told == email.told != []


def test_it_tells_nothing_twice() -> None:
    claims, slack = Claimed(), Receiver()
    told(claims, slack=slack)
    claims.now += DAY // 2
    assert told(claims, slack=slack) == [("slack", Result.SUPPRESSED, "already_sent")]
    assert len(slack.told) == 1


def test_it_tells_the_next_flip_and_each_further_failure() -> None:
    claims, slack = Claimed(), Receiver()
    further = (event(Change.STILL_FAILING, run=run) for run in ("43", "44"))
    told(claims, event(), *further, event(Change.FIXED, flip=2), slack=slack)
    assert len(slack.told) == 4


def test_it_attempts_and_claims_nothing_where_no_channel_is_configured() -> None:
    claims = Claimed()
    assert told(claims) == [("none", Result.SUPPRESSED, "no_channel")]
    assert claims.items == {}


def test_it_claims_nothing_for_what_is_not_told() -> None:
    claims, slack = Claimed(), Receiver()
    assert told(claims, event(completed_at=NOON - 2 * DAY), slack=slack) == [
        ("none", Result.SUPPRESSED, "too_old")
    ]
    assert (claims.items, slack.told) == ({}, [])


def test_it_leaves_a_receiver_alone_that_refused_for_good() -> None:
    claims, slack = Claimed(), Receiver([DeliveryFailed("http_404", permanent=True)])
    assert told(claims, slack=slack) == [("slack", Result.REFUSED, "http_404")]
    claims.now += LEASE * 2
    assert told(claims, slack=slack) == [("slack", Result.SUPPRESSED, "already_refused")]


def test_it_tells_again_at_once_what_failed_for_now_and_not_what_went_well() -> None:
    claims, slack, email = Claimed(), Receiver([for_now()]), Receiver()
    assert told(claims, slack=slack, email=email)[0] == ("slack", Result.FAILED, "http_503")
    assert told(claims, slack=slack, email=email) == [
        ("slack", Result.SENT, "none"),
        ("email", Result.SUPPRESSED, "already_sent"),
    ]
    assert (len(slack.told), len(email.told)) == (1, 1)


def test_it_leaves_a_receiver_alone_for_as_long_as_it_asked() -> None:
    claims, slack = Claimed(), Receiver([for_now(30 * SECOND)])
    told(claims, slack=slack)
    claims.now += 29 * SECOND
    assert told(claims, slack=slack) == [("slack", Result.FAILED, "being_sent")]
    claims.now += SECOND
    assert told(claims, slack=slack) == [("slack", Result.SENT, "none")]


def test_it_lets_no_receiver_ask_for_longer_than_the_next_try_is_away() -> None:
    claims, slack = Claimed(), Receiver([for_now(DAY)])
    told(claims, slack=slack)
    claims.now += LEASE
    assert told(claims, slack=slack) == [("slack", Result.SENT, "none")]


def test_it_puts_the_rest_off_once_a_receiver_asks_to_be_left_alone() -> None:
    claims, slack = Claimed(), Receiver([for_now(30 * SECOND)])
    outcomes = told(claims, event(), event(branch="next"), slack=slack)
    assert outcomes == [("slack", Result.FAILED, "http_503"), ("slack", Result.FAILED, "put_off")]
    assert slack.told == []


def test_it_goes_on_to_the_next_alert_when_one_fails() -> None:
    slack = Receiver([for_now(), KeyError("unforeseen")])
    outcomes = told(Claimed(), event(), event(branch="next"), event(branch="last"), slack=slack)
    assert [reason for _, _, reason in outcomes] == ["http_503", "KeyError", "none"]


def test_it_fails_while_another_sends_so_that_it_is_tried_after_the_lease() -> None:
    claims, slack = Claimed(), Receiver()
    crashed = Claim("slack", ("github.1.7", "main", "1"), "another")
    claims.take(crashed, claims.now, claims.now + LEASE)
    assert told(claims, slack=slack) == [("slack", Result.FAILED, "being_sent")]
    claims.now += LEASE
    assert told(claims, slack=slack) == [("slack", Result.SENT, "none")]


def test_it_sends_once_when_two_work_on_the_same_message_at_once() -> None:
    claims, receiver = Claimed(), Receiver()
    second: list[tuple[str, Result, str]] = []

    class WhileSending:
        def send(self, alert: Alert) -> None:
            second.extend(told(claims, slack=receiver))
            receiver.send(alert)

    assert told(claims, slack=WhileSending()) == [("slack", Result.SENT, "none")]
    assert second == [("slack", Result.FAILED, "being_sent")]
    assert told(claims, slack=receiver) == [("slack", Result.SUPPRESSED, "already_sent")]
    assert len(receiver.told) == 1


def test_it_tells_by_mail_while_slack_hangs(hanging: Hanging) -> None:
    claims, email = Claimed(), Receiver()
    assert told(claims, slack=hanging, email=email, deadline=500) == [
        ("slack", Result.FAILED, "put_off"),
        ("email", Result.SENT, "none"),
    ]


def test_it_begins_nothing_once_time_is_up() -> None:
    claims, slack = Claimed(), Receiver()
    assert told(claims, slack=slack, deadline=0) == [("slack", Result.FAILED, "put_off")]
    assert (claims.items, slack.told) == ({}, [])
