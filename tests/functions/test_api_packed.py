"""What is large travels packed, to those who can unpack it."""

import gzip
import json

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from tests.reading import a_build, count, get, serve

PACKED = {"accept-encoding": "gzip, deflate, br"}


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def test_it_packs_a_long_list_for_who_can_unpack_it(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, *(a_build(run=str(n), pipeline_id=f"github.1.{n % 3}") for n in range(30)))
    plain = get("/pipelines", recent=30)
    packed = get("/pipelines", recent=30, headers=PACKED)
    assert "content-encoding" not in plain.headers
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert json.loads(gzip.decompress(packed.content)) == plain.json
    assert len(packed.content) < len(plain.content) / 4
    assert int(packed.headers["content-length"]) == len(packed.content)


def test_it_leaves_a_short_answer_as_it_is() -> None:
    answer = get("/health", headers=PACKED)
    assert "content-encoding" not in answer.headers
    assert answer.json == {"status": "ok"}


def test_it_packs_nothing_twice() -> None:
    answer = get("/docs/swagger-ui.css", headers=PACKED)
    assert answer.headers["content-encoding"] == "gzip"
    assert b"swagger" in gzip.decompress(answer.content)
