"""Answers are what JSON says, however much of them came before; and what came before is not made again."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bench.every import QUESTIONS
from bench.history import NOW, history
from bench.served import served
from pipeline_health.adapters.known_items import HEAD, KnownItems
from pipeline_health.adapters.reading_client import known_items

SPACED, DENSE = (", ", ": "), (",", ":")

texts = some.text(some.sampled_from('ab12\\"{}[],: \n\u00e9'), max_size=12)
items = some.dictionaries(texts, some.dictionaries(some.sampled_from("SN"), texts, max_size=1), max_size=4)
answers = some.recursive(
    some.none() | some.booleans() | some.integers() | texts | items,
    lambda inside: some.lists(inside | items, max_size=6) | some.dictionaries(texts, inside, max_size=3),
)


@given(
    some.lists(some.tuples(answers, some.sampled_from([SPACED, DENSE])), max_size=6), some.integers(0, 300)
)
def test_it_says_what_json_says(told: list[tuple[Any, tuple[str, str]]], room: int) -> None:
    known = KnownItems(room)
    for answer, separators in [*told, *told]:
        assert known.decode(json.dumps(answer, separators=separators)) == answer
        assert known.length == sum(len(text) for text, _ in known.kept()) <= room


def item(sk: str, *, builds: int, more: int = 10) -> dict[str, Mapping[str, str]]:
    keys = {"pk": {"S": "hours#everything#2026"}, "sk": {"S": sk}}
    return {**keys, "success": {"N": str(builds)}, **{f"T{n}": {"N": "1"} for n in range(more)}}


def read(known: KnownItems, *told: Any) -> list[Any]:
    found: list[Any] = known.decode(json.dumps({"Count": len(told), "Items": told}))["Items"]
    return found


def test_what_came_before_is_the_same_object_wherever_it_stands() -> None:
    known = KnownItems()
    one, other = read(known, item("1", builds=1), item("2", builds=1))
    new, changed, same = read(known, item("0", builds=3), item("1", builds=2), item("2", builds=1))
    assert same is other
    assert changed is not one
    assert [new, changed] == [item("0", builds=3), item("1", builds=2)]
    assert read(known, item("1", builds=2))[0] is changed


@pytest.mark.parametrize("more", [0, 1, 9])
def test_one_that_grows_is_another(more: int) -> None:
    known = KnownItems()
    for size in (more, more + 1, more):
        for builds in (1, 12, 1):
            assert read(known, item("1", builds=builds, more=size)) == [item("1", builds=builds, more=size)]


def test_what_begins_alike_is_still_told_apart() -> None:
    known, start = KnownItems(), "x" * HEAD
    alike = [{start: {"N": str(number)}} for number in (1, 12, 2)]
    for _ in range(2):
        assert read(known, *alike) == alike


def test_a_number_that_begins_with_another_is_its_own() -> None:
    known = KnownItems()
    for digits in (200, 201, 200):
        assert read(known, int("1" * digits)) == [int("1" * digits)]


def test_it_makes_room_for_what_is_new() -> None:
    known = KnownItems(3 * len(json.dumps(item("1", builds=1))))
    first, *_ = read(known, *(item(str(n), builds=1) for n in range(4)))
    again, third, fourth = read(known, *(item(str(n), builds=1) for n in (0, 2, 3)))
    assert (again, again is first) == (first, False)
    assert read(known, fourth)[0] is fourth
    assert third == item("2", builds=1)


def test_several_threads_read_at_once() -> None:
    known = KnownItems(2_000)

    def ask(turn: int) -> bool:
        told = [item(str(n % 7), builds=n % 3) for n in range(turn, turn + 5)]
        return read(known, *told) == told

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(400)))
    assert known.length == sum(len(text) for text, _ in known.kept()) <= 2_000


def test_an_answer_that_is_none_is_an_error() -> None:
    with pytest.raises(json.JSONDecodeError):
        KnownItems().decode('{"Items": [{"pk": {"S": "1"}')


@pytest.mark.xdist_group("history")  # which is made once
def test_no_question_changes_an_item() -> None:
    with served(NOW) as at:
        at.tables = history(1_000)
        for question in QUESTIONS:
            at.get(question.at(1_000))
        kept = known_items().kept()
        assert len(kept) > 500
        assert all(json.loads(text) == made for text, made in kept)
