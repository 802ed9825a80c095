"""What an alert says: since the first failure, how many in a row, how long it took to mend."""

import pytest

from pipeline_health.domain.alert import Alert
from pipeline_health.domain.alert_words import (
    HEADLINE_LIMIT,
    explanation,
    facts,
    headline,
    shown,
    signed_headline,
    spell,
)
from pipeline_health.domain.events import Change
from pipeline_health.domain.times import DAY, HOUR, SECOND
from tests.alert_examples import HOSTILE, alert


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (0, "less than 1 s"),
        (999, "less than 1 s"),
        (45 * SECOND, "45 s"),
        (60 * SECOND, "1 min"),
        (125 * SECOND, "2 min 5 s"),
        (HOUR, "1 h"),
        (HOUR + 59 * SECOND, "1 h"),
        (2 * HOUR + 13 * 60 * SECOND, "2 h 13 min"),
        (3 * DAY + 4 * HOUR + 5 * SECOND, "3 d 4 h"),
        (400 * DAY, "400 d"),
    ],
)
def test_it_spells_a_duration_by_its_two_largest_units(milliseconds: int, words: str) -> None:
    assert spell(milliseconds) == words


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (Change.BROKEN, "Broken since 2026-11-23 12:00 UTC."),
        (
            Change.STILL_FAILING,
            "Broken for 2 h 13 min, since 2026-11-23 09:47 UTC. 3 failed builds in a row.",
        ),
        (
            Change.FIXED,
            "Fixed 2026-11-23 12:00 UTC after 2 h 13 min, broken since 2026-11-23 09:47 UTC.",
        ),
    ],
)
def test_it_says_what_happened_and_since_when(change: Change, sentence: str) -> None:
    assert explanation(alert(change)) == sentence


def test_it_says_where_it_happened() -> None:
    assert headline(alert()) == "Broken: acme/api · CI on main"
    assert headline(alert(Change.FIXED)) == "Fixed: acme/api · CI on main"
    assert headline(alert(Change.STILL_FAILING)) == "Still failing: acme/api · CI on main"


def test_it_says_a_name_once_that_is_repository_and_pipeline_alike() -> None:
    assert headline(alert(repo="job", pipeline="job")) == "Broken: job on main"


def test_it_keeps_the_branch_in_sight_behind_a_long_pipeline() -> None:
    long = alert(Change.STILL_FAILING, repo="r" * 512, pipeline="p" * 512, branch="b" * 512)
    assert " on bbb" in headline(long)
    assert len(signed_headline(long)) <= HEADLINE_LIMIT


def test_it_lists_what_the_sender_said() -> None:
    assert facts(alert(attempt=2, conclusion="timed_out")) == [
        ("Repository", "acme/api"),
        ("Pipeline", "CI"),
        ("Branch", "main"),
        ("Commit", "0123456789"),
        ("Started by", "ada"),
        ("Build", "#42, attempt 2"),
        ("Result", "failure (timed_out)"),
        ("Duration", "2 min 5 s"),
    ]


def test_it_leaves_out_what_the_sender_did_not_say() -> None:
    bare = alert(commit=None, actor=None, number=None, duration_ms=None, conclusion=None)
    assert [label for label, _ in facts(bare)] == ["Repository", "Pipeline", "Branch", "Result"]


def test_it_shortens_a_hash_and_no_other_name_of_a_commit() -> None:
    assert ("Commit", "release-2026-11-23") in facts(alert(commit="release-2026-11-23"))


@pytest.mark.parametrize("name", HOSTILE)
def test_it_shows_any_name_on_one_line(name: str) -> None:
    hostile = alert(repo=name, pipeline=name, branch=name, actor=name, commit=name, conclusion=name)
    texts = [headline(hostile), *(value for _, value in facts(hostile))]
    assert all(len(text.splitlines()) <= 1 for text in texts)


def test_it_drops_what_turns_the_writing_direction_or_has_no_shape() -> None:
    assert shown("\u202egnp.exe\u2066\u200b\x9b") == "gnp.exe"


def test_it_never_counts_below_zero_when_clocks_disagree() -> None:
    early = alert()
    skewed = Alert(Change.FIXED, early.build, True, 2, early.at + HOUR, 1)
    assert "after less than 1 s" in explanation(skewed)
