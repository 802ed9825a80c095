"""What build monitors and feed readers get: cctray.xml and an Atom feed of changes."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import keys
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.domain.build import Status
from pipeline_health.domain.times import parse_instant
from tests.functions.test_api_badges import HOSTILE
from tests.functions.test_api_costs import Requests
from tests.reading import a_build, count, ended, get, serve

ATOM = "{http://www.w3.org/2005/Atom}"
PAGE = "http://abc.execute-api.eu-west-1.amazonaws.com/"
RUNNING = {"status": Status.IN_PROGRESS, "completed_at": None, "duration_ms": None}


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def projects(**asked: Any) -> dict[str, dict[str, str]]:
    answer = get("/cctray.xml", **asked)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/xml")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "Projects"
    assert {each.tag for each in root} <= {"Project"}
    assert len({each.get("name") for each in root}) == len(root)
    return {each.attrib["name"]: each.attrib for each in root}


def test_it_lists_every_pipeline_of_every_sender_under_a_name_of_its_own(dynamodb: DynamoDBClient) -> None:
    count(
        dynamodb,
        ended(9, number=128),
        ended(8, Status.FAILURE, pipeline_id="github.2.2", repo="acme/api"),
        ended(7, pipeline_id="github.2.3", repo="acme/api"),
        ended(6, pipeline_id="jenkins.1", provider="jenkins", repo="ci.example.com", pipeline="nightly"),
    )
    listed = projects()
    assert list(listed) == ["acme/shop/CI", "github.2.2", "github.2.3", "nightly"]
    assert listed["acme/shop/CI"] == {
        "name": "acme/shop/CI",
        "activity": "Sleeping",
        "lastBuildStatus": "Success",
        "lastBuildLabel": "128",
        "lastBuildTime": "2026-11-23T12:20:34.558Z",
        "webUrl": f"{PAGE}?pipeline=github.1.2",
    }
    assert listed["github.2.2"]["lastBuildStatus"] == "Failure"
    assert list(projects(provider="jenkins")) == ["nightly"]
    assert list(projects(repo="acme/shop")) == ["acme/shop/CI"]


def test_it_says_what_builds_without_forgetting_how_the_last_build_ended(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(90_000, Status.FAILURE, number=1), a_build(run="9", number=2, **RUNNING))
    count(dynamodb, a_build(pipeline_id="github.1.3", pipeline="new", **RUNNING))
    listed = projects()
    assert (listed["CI"]["activity"], listed["CI"]["lastBuildStatus"]) == ("Building", "Failure")
    assert "lastBuildLabel" not in listed["CI"]  # the running build is not the last one
    assert (listed["new"]["activity"], listed["new"]["lastBuildStatus"]) == ("Building", "Unknown")
    assert all(parse_instant(each["lastBuildTime"]) for each in listed.values())


def test_a_monitor_is_not_harmed_by_what_senders_call_things(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(9, pipeline=HOSTILE))
    (name,) = projects()
    assert name == HOSTILE.replace("\uffff", "")


def test_it_is_there_without_any_pipeline() -> None:
    assert projects() == {}


def feed(**asked: Any) -> ElementTree.Element:
    answer = get("/changes.atom", **asked)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/atom+xml")
    root = ElementTree.fromstring(answer.content)
    assert_atom(root)
    return root


def assert_atom(root: ElementTree.Element) -> None:
    """What RFC 4287 asks of a feed: 4.1.1, 4.1.2, 4.2.6, 4.2.7."""
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    links = {(each.get("rel"), each.get("href")) for each in root.findall(f"{ATOM}link")}
    assert ("self", f"{PAGE}changes.atom") in links
    entries = root.findall(f"{ATOM}entry")
    for element in (root, *entries):
        for name in ("id", "title", "updated"):
            (only,) = element.findall(f"{ATOM}{name}")
            assert only.text
        assert parse_instant(element.findtext(f"{ATOM}updated") or "") >= 0
        assert re.fullmatch(r"tag:[a-z.-]+,\d{4}:[\w./~-]+", element.findtext(f"{ATOM}id") or "")
    for entry in entries:
        (link,) = entry.findall(f"{ATOM}link[@rel='alternate']")
        assert (link.get("href") or "").startswith(PAGE)
        assert entry.find(f"{ATOM}summary") is not None
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)


def titles(root: ElementTree.Element) -> list[str | None]:
    return [entry.findtext(f"{ATOM}title") for entry in root.findall(f"{ATOM}entry")]


def test_it_feeds_what_broke_and_what_was_fixed_newest_first(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(9), ended(8, Status.FAILURE, title="Add the basket", actor="ada"), ended(7))
    root = feed()
    assert titles(root) == ["CI was fixed on main (acme/shop)", "CI broke on main (acme/shop)"]
    assert root.findtext(f"{ATOM}updated") == "2026-11-23T12:20:34.560Z"
    broke = root.findall(f"{ATOM}entry")[1]
    assert broke.findtext(f"{ATOM}id") == "tag:pipeline-health,2026:broken/github.1.2.8.1"
    assert broke.findtext(f"{ATOM}summary") == "Add the basket, by ada"
    assert titles(feed(limit=1)) == ["CI was fixed on main (acme/shop)"]


def test_an_entry_stays_the_same_when_its_build_is_gone(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(9), failed := ended(8, Status.FAILURE))
    before = feed().findtext(f"{ATOM}entry/{ATOM}id")
    dynamodb.delete_item(TableName="BuildsTable", Key=to_item(keys.build_key(failed)))
    after = feed()
    assert after.findtext(f"{ATOM}entry/{ATOM}id") == before
    assert titles(after) == ["github.1.2 broke on main (acme/shop)"]


def test_a_feed_reader_is_not_harmed_by_what_senders_call_things(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(8, Status.FAILURE, pipeline=HOSTILE, branch=HOSTILE, title=HOSTILE))
    answer = get("/changes.atom")
    assert b"<script" not in answer.content
    assert "<script>" in (titles(feed())[0] or "")


def test_a_feed_without_changes_is_a_feed() -> None:
    assert titles(feed()) == []


@pytest.mark.parametrize("path", ["/cctray.xml", "/changes.atom"])
def test_it_sends_only_what_is_new_in_few_requests(dynamodb: DynamoDBClient, path: str) -> None:
    count(dynamodb, *(ended(n, [Status.SUCCESS, Status.FAILURE][n % 2]) for n in range(1, 8)))
    requests = Requests(reading_client())
    first = get(path)
    assert 0 < requests.asked.total() <= 6
    assert first.headers["cache-control"] == "no-cache"
    again = get(path, headers={"if-none-match": first.headers["etag"].removeprefix("W/")})
    assert (again.status, again.content) == (304, b"")
