"""DynamoDB's wire form: what boto3 would write, and back again."""

import math
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as some

from pipeline_health.adapters.dynamodb import from_item, to_item
from pipeline_health.domain.build import Status

plain = some.text() | some.integers(-(10**37), 10**37) | some.booleans() | some.none()
values = some.recursive(
    plain, lambda few: some.lists(few) | some.dictionaries(some.text(), few), max_leaves=9
)


@given(some.dictionaries(some.text(), values))
def test_it_writes_what_boto3_writes_and_reads_it_back(item: dict[str, Any]) -> None:
    written = to_item(item)
    assert written == {name: TypeSerializer().serialize(value) for name, value in item.items()}
    assert from_item(written) == item


def test_a_word_of_ours_is_text_and_a_tuple_a_list() -> None:
    assert to_item({"status": Status.SUCCESS, "some": (1, "a")}) == {
        "status": {"S": "success"},
        "some": {"L": [{"N": "1"}, {"S": "a"}]},
    }


@pytest.mark.parametrize("value", [1.5, math.nan, b"bytes", {1, 2}, object()])
def test_it_refuses_what_is_never_stored(value: Any) -> None:
    with pytest.raises(TypeError, match="no place"):
        to_item({"value": value})


@pytest.mark.parametrize("attribute", [{"B": b"x"}, {"SS": ["a"]}])
def test_it_refuses_to_read_what_it_never_wrote(attribute: Any) -> None:
    with pytest.raises(TypeError, match="none of ours"):
        from_item({"value": attribute})
