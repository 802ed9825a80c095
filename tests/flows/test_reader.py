"""What a request shows, and the name of what lets a reader in."""

import pytest

from pipeline_health.domain.reader import pass_id
from pipeline_health.flows.reader import bearer


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"authorization": "Bearer abc"}, "abc"),
        ({"Authorization": "bearer  abc "}, "abc"),
        ({"authorization": "Basic abc"}, ""),
        ({"authorization": "abc"}, ""),
        ({}, ""),
    ],
)
def test_it_finds_the_token_in_its_header(headers: dict[str, str], found: str) -> None:
    assert bearer(headers) == found


def test_it_names_a_pass_without_telling_it() -> None:
    assert pass_id("r3ad") == pass_id("r3ad") != pass_id("r3ad2")
    assert pass_id("a", "b") != pass_id("ab")
    assert "r3ad" not in pass_id("r3ad")
