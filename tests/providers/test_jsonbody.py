"""What counts as JSON, and what two programs could read differently."""

import pytest

from pipeline_health.providers.jsonbody import read_object
from pipeline_health.providers.refusal import Refusal
from tests.ingesting import refused


def test_it_reads_an_object() -> None:
    assert read_object('{"a": [1, 2.5, "é", null, true, {"b": {}}], "ü": "\\ud83d\\ude00"}'.encode()) == {
        "a": [1, 2.5, "é", None, True, {"b": {}}],
        "ü": "😀",
    }


NOT_JSON = {
    "nothing": b"",
    "text": b"hello",
    "half an object": b'{"a": 1',
    "something after it": b'{"a": 1} {}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "bytes that are not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a raw control character": b'{"a": "\n"}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "a number beyond floats": b'{"a": 1e400}',
    "a number below floats": b'{"a": -1e400}',
    "4,301 digits": b'{"a": ' + b"9" * 4301 + b"}",
    "a repeated key": b'{"a": 1, "a": 2}',
    "a repeated key deep inside": b'{"x": [{"a": 1, "b": 2, "a": 1}]}',
    "the same key, escaped": b'{"a": 1, "\\u0061": 2}',
    "a lone surrogate": b'{"a": "\\ud800"}',
    "a lone low surrogate": b'{"a": "\\udc00"}',
    "a lone surrogate as a key": b'{"\\ud800": 1}',
    "1,000 arrays": b'{"a": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "1,000 objects": b'{"a": ' * 1000 + b"1" + b"}" * 1000,
    "100,000 arrays never closed": b"[" * 100_000,
    "an array": b"[{}]",
    "a string": b'"{}"',
    "null": b"null",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_it_refuses(body: bytes) -> None:
    with refused(400, "body"):
        read_object(body)


def test_it_says_where_without_repeating_what_was_sent() -> None:
    with pytest.raises(Refusal) as refusal:
        read_object(b'{"a": <script>}')
    assert refusal.value.errors[0].message == "is not valid JSON: expected value at line 1 column 7"


@pytest.mark.parametrize(("key", "message"), [("url", "repeats the key url"), ("<b>", "repeats a key")])
def test_it_names_a_repeated_key_only_if_that_is_harmless(key: str, message: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_object(f'{{"{key}": 1, "{key}": 2}}'.encode())
    assert refusal.value.errors[0].message == message
