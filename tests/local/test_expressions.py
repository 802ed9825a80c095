"""The embedded AWS's expressions, read once and then held against item after item."""

import pytest
from ministack.services import dynamodb

from local.expressions import read_expressions_once

BETWEEN = "#at BETWEEN :first AND :last"
VALUES = {":first": {"S": "b"}, ":last": {"S": "d"}}


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were read."""
    read: list[str] = []
    tokenize = dynamodb._tokenize

    def reading(text: str) -> object:
        read.append(text)
        return tokenize(text)

    monkeypatch.setattr(dynamodb, "_tokenize", reading)
    for name in ("_condition_syntax_error", "_number_size_bytes"):
        monkeypatch.setattr(dynamodb, name, getattr(dynamodb, name))
    read_expressions_once()
    return read


def holds(expression: str, at: str) -> bool:
    held: bool = dynamodb._evaluate_condition(expression, {"at": {"S": at}}, VALUES, {"#at": "at"})
    return held


def test_each_item_is_held_against_an_expression_that_was_read_once(read_once: list[str]) -> None:
    assert [at for at in "abcde" if holds(BETWEEN, at)] == ["b", "c", "d"]
    assert read_once == [BETWEEN]


def test_what_is_no_expression_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="Invalid ConditionExpression"):
            holds("#at BETWEEN BETWEEN", "c")


def test_a_number_is_as_long_as_it_is_written() -> None:
    numbers = ["1", "1.0", "-1", "100", "12345", 1, 1.0, True]
    fresh = dynamodb._number_size_bytes.__wrapped__
    for _ in range(2):
        assert [dynamodb._number_size_bytes(each) for each in numbers] == [fresh(each) for each in numbers]
