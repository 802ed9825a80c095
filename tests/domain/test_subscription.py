"""Which builds a connection hears of."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline_health.domain.subscription import FILTER_LIMIT, VALUES_LIMIT, Connection, Filter
from tests.live import NOW, a_build


def a_filter(**wanted: Any) -> Filter:
    return Filter.model_validate(wanted)


def test_it_wants_every_build_without_any_key() -> None:
    assert Filter().matches(a_build())


@pytest.mark.parametrize(
    ("key", "matching", "other"),
    [
        ("provider", "github", "jenkins"),
        ("repo", "acme/shop", "acme/shop2"),
        ("pipeline", "CI", "ci"),
        ("pipeline", "github-1-2", "github-1-3"),
        ("branch", "main", "mai"),
        ("status", "failure", "success"),
    ],
)
def test_it_wants_the_builds_that_a_key_names(key: str, matching: str, other: str) -> None:
    assert a_filter(**{key: matching}).matches(a_build())
    assert a_filter(**{key: [other, matching]}).matches(a_build())
    assert not a_filter(**{key: other}).matches(a_build())
    assert not a_filter(**{key: [other]}).matches(a_build())


def test_it_wants_builds_that_every_key_names() -> None:
    assert a_filter(repo="acme/shop", status="failure").matches(a_build())
    assert not a_filter(repo="acme/shop", status="success").matches(a_build())
    assert not a_filter(repo="acme/other", status="failure").matches(a_build())


def test_it_knows_the_word_default_for_each_repository_s_default_branch() -> None:
    wants = a_filter(branch="default")
    assert wants.matches(a_build(branch="trunk"), default=True)
    assert not wants.matches(a_build(branch="trunk"), default=False)
    assert a_filter(branch="trunk").matches(a_build(branch="trunk"), default=True)


def test_it_is_equal_to_another_that_wants_the_same() -> None:
    assert a_filter(repo=["b", "a", "b"]) == a_filter(repo=["a", "b"])
    assert hash(a_filter(repo="a")) == hash(a_filter(repo=["a"]))


@pytest.mark.parametrize(
    "wanted",
    [
        {"repository": "acme/shop"},
        {"repo": 7},
        {"repo": None},
        {"repo": True},
        {"repo": {"name": "acme/shop"}},
        {"repo": []},
        {"repo": [["acme/shop"]]},
        {"repo": ""},
        {"repo": "x" * 513},
        {"repo": "nul\x00"},
        {"repo": "lone \ud800"},
        {"repo": ["r"] * (VALUES_LIMIT + 1)},
        {"status": "green"},
    ],
)
def test_it_refuses_what_no_build_could_match(wanted: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Filter.model_validate(wanted)


def test_it_refuses_to_be_larger_than_every_broadcast_can_afford_to_read() -> None:
    long = [str(number) + "x" * 500 for number in range(FILTER_LIMIT // 500)]
    assert a_filter(repo=long[1:])
    with pytest.raises(ValidationError, match="at most 4096 bytes"):
        a_filter(repo=long, branch=long[:1])


def test_a_connection_expires_ten_minutes_after_api_gateway_closes_it() -> None:
    assert Connection("c", opened_at=NOW).expires_at == NOW + (2 * 60 + 10) * 60_000


def test_a_connection_may_be_opening_for_half_a_minute() -> None:
    assert Connection("c", opened_at=NOW).may_be_opening(NOW + 29_999)
    assert not Connection("c", opened_at=NOW).may_be_opening(NOW + 30_000)
