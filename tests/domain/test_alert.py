"""Which changes are told, and what makes two of them the same."""

import pytest

from pipeline_health.domain.alert import Silence, Wishes, alerts_in, silence
from pipeline_health.domain.events import Change
from pipeline_health.domain.times import DAY
from tests.alert_examples import NOON, alert, event

QUIET = Wishes(every_failure=False, every_branch=False, max_age=DAY)
EVERYTHING = Wishes(every_failure=True, every_branch=True, max_age=DAY)


def test_it_sees_an_alert_in_every_change_and_in_nothing_else() -> None:
    events = [event(Change.BROKEN), event(None), event(Change.FIXED, flip=2)]
    assert [each.change for each in alerts_in(events)] == [Change.BROKEN, Change.FIXED]


def test_it_counts_a_change_that_is_told_twice_in_one_message_once() -> None:
    again = event().model_copy(update={"revision": 2})
    assert len(alerts_in([event(), again])) == 1


@pytest.mark.parametrize("change", [Change.BROKEN, Change.FIXED])
def test_it_tells_broken_and_fixed_by_default(change: Change) -> None:
    assert silence(alert(change), QUIET, NOON) is None


def test_it_tells_still_failing_only_where_every_failure_is_wished() -> None:
    assert silence(alert(Change.STILL_FAILING), QUIET, NOON) is Silence.STILL_FAILING
    assert silence(alert(Change.STILL_FAILING), EVERYTHING, NOON) is None


def test_it_tells_of_other_branches_only_where_all_are_wished() -> None:
    (other,) = alerts_in([event().model_copy(update={"default": False})])
    assert silence(other, QUIET, NOON) is Silence.OTHER_BRANCH
    assert silence(other, EVERYTHING, NOON) is None


def test_it_tells_up_to_the_greatest_age_and_not_a_moment_longer() -> None:
    assert silence(alert(), QUIET, NOON + DAY) is None
    assert silence(alert(), QUIET, NOON + DAY + 1) is Silence.TOO_OLD


def test_it_does_not_tell_of_a_build_that_nobody_knows_the_end_of() -> None:
    assert silence(alert(completed_at=None), EVERYTHING, NOON) is Silence.TOO_OLD


def test_it_tells_of_a_build_whose_sender_has_a_clock_ahead_of_ours() -> None:
    assert silence(alert(), QUIET, NOON - DAY) is None


def test_it_is_the_same_alert_whatever_else_is_said_of_the_build() -> None:
    assert alert(title="Other").identity == alert(title="One").identity


def test_it_is_another_alert_at_each_flip_branch_and_pipeline() -> None:
    others = {
        alert().identity,
        alert(flip=2).identity,
        alert(branch="next").identity,
        alert(pipeline_id="github.1.8").identity,
    }
    assert len(others) == 4


def test_it_is_another_alert_at_each_build_that_still_fails() -> None:
    one, two = (alert(Change.STILL_FAILING, run=run) for run in ("43", "44"))
    assert len({one.identity, two.identity, alert().identity}) == 3
