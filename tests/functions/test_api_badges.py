"""Badges: what they say of a pipeline, how they are drawn, and for how long anybody may believe them."""

from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import reading_tables
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.api.badge import LABEL_LIMIT, Badge, Color, svg
from pipeline_health.api.output_answers import ShieldsBadge
from pipeline_health.domain.build import Status
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.flows.badges import PAUSE
from tests.functions.test_api_costs import Requests
from tests.reading import NOW, a_build, count, ended, get, serve

SVG = "{http://www.w3.org/2000/svg}"
GREY = Color.GREY.value


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def shields(path: str, **asked: Any) -> dict[str, Any]:
    answer = get(f"/badge/{path}.json", **asked)
    assert answer.status == 200
    ShieldsBadge.model_validate(answer.json)
    said: dict[str, Any] = answer.json
    return said


def words(path: str, **asked: Any) -> tuple[str, str]:
    said = shields(path, **asked)
    return said["label"], said["message"]


def test_it_says_how_the_default_branch_stands(dynamodb: DynamoDBClient) -> None:
    count(
        dynamodb, ended(9, default_branch="main"), ended(8, Status.FAILURE, branch="x", default_branch="main")
    )
    assert words("github/acme/shop/CI") == ("CI", "passing")
    assert words("github/acme/shop/CI", branch="default") == ("CI", "passing")
    assert words("github/acme/shop/CI", branch="x") == ("CI", "failing")
    assert shields("github/acme/shop/CI", branch="x")["color"] == Color.RED


def test_it_goes_by_the_last_build_that_says_anything_of_the_code(dynamodb: DynamoDBClient) -> None:
    running = a_build(run="9", status=Status.IN_PROGRESS, completed_at=None, duration_ms=None)
    count(dynamodb, ended(9, Status.FAILURE), ended(8, Status.CANCELLED), running)
    assert words("github/acme/shop/CI") == ("CI", "failing")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (Status.QUEUED, "queued"),
        (Status.IN_PROGRESS, "running"),
        (Status.CANCELLED, "cancelled"),
        (Status.SKIPPED, "skipped"),
    ],
)
def test_it_says_what_it_knows_before_any_conclusive_build(
    dynamodb: DynamoDBClient, status: Status, message: str
) -> None:
    at = {} if status.completed else {"completed_at": None, "duration_ms": None}
    count(dynamodb, a_build(status=status, **at))
    assert words("github/acme/shop/CI") == ("CI", message)


def test_it_says_the_same_success_rate_and_median_as_the_summary(dynamodb: DynamoDBClient) -> None:
    builds = [ended(n * HOUR, duration_ms=n * 60_000) for n in range(1, 20)]
    count(dynamodb, *builds, ended(20 * HOUR, Status.FAILURE, branch="x"), ended(9 * DAY, Status.FAILURE))
    asked = {"metric": "success_rate", "window": "2d"}
    assert words("github/acme/shop/CI", **asked) == ("CI success, 2d", "95%")
    assert words("github/acme/shop/CI", **asked, branch="x") == ("CI success, 2d", "0%")
    assert words("github/acme/shop/CI", **asked, branch="default") == ("CI success, 2d", "100%")
    median = get("/metrics/summary", window="2d", pipeline="CI").json["duration"]["p50"]
    assert words("github/acme/shop/CI", metric="duration", window="2d") == (
        "CI median, 2d",
        f"{int(median // 60)} min {int(median % 60)} s",
    )


@pytest.mark.parametrize(("failures", "color"), [(0, Color.GREEN), (1, Color.AMBER), (2, Color.RED)])
def test_it_colors_a_success_rate(dynamodb: DynamoDBClient, failures: int, color: Color) -> None:
    builds = [ended(n, Status.FAILURE if n <= failures else Status.SUCCESS) for n in range(1, 7)]
    count(dynamodb, *builds)
    assert shields("github/acme/shop/CI", metric="success_rate")["color"] == color


def test_it_says_so_where_a_window_holds_no_builds(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(9 * DAY))
    for metric in ("success_rate", "duration"):
        said = shields("github/acme/shop/CI", metric=metric)
        assert (said["message"], said["color"]) == ("no builds", GREY)


@pytest.mark.parametrize(
    "path",
    [
        "github/acme/shop/Other",
        "gitlab/acme/shop/CI",
        "github/acme/CI",
        "github/acme/shop/github.9.9",
        "github/acme/shop/" + "a" * 3000,
        "github/acme/shop/github." + "a" * 3000,
        "github//",
    ],
)
def test_it_draws_a_grey_badge_for_a_pipeline_it_does_not_know(dynamodb: DynamoDBClient, path: str) -> None:
    count(dynamodb, ended(9))
    assert get(f"/badge/{path}.svg").status in ((404,) if path == "github//" else (200,))
    if path != "github//":
        said = shields(path)
        assert (said["message"], said["color"], said["isError"]) == ("unknown", GREY, True)


def test_it_knows_a_branch_without_builds_as_little(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(9))
    assert words("github/acme/shop/CI", branch="none") == ("pipeline", "unknown")


@pytest.mark.parametrize("name", ["CI", "Build / Test", "a.svg", "ünïcode 漢字 🚀", "q?a=1&b#c", "100%25"])
def test_it_finds_a_pipeline_by_any_name(dynamodb: DynamoDBClient, name: str) -> None:
    count(dynamodb, ended(9, repo="group/sub/shop", pipeline=name), ended(8, pipeline_id="github.1.3"))
    assert shields(f"github/group/sub/shop/{quote(name)}")["message"] == "passing"


def test_it_asks_for_an_id_where_several_share_a_name(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(9), ended(8, Status.FAILURE, pipeline_id="github.1.3"))
    said = shields("github/acme/shop/CI")
    assert (said["message"], said["color"]) == ("several of that name", GREY)
    assert words("github/acme/shop/github.1.3") == ("CI", "failing")


HOSTILE = '"><script>alert(1)</script>\u202e]]>&\uffff' + "'"


def test_it_escapes_and_bounds_what_senders_call_things(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(9, pipeline=HOSTILE + "m" * 400))
    answer = get("/badge/github/acme/shop/github.1.2.svg")
    drawn = ElementTree.fromstring(answer.content)
    texts = [each.text or "" for each in drawn.iter(f"{SVG}text")]
    assert texts[0].startswith('"><script>alert(1)</script>]]>&')
    assert len(texts[0]) <= LABEL_LIMIT
    assert {each.tag for each in drawn.iter()} == {
        f"{SVG}{tag}" for tag in ("svg", "title", "rect", "path", "g", "text")
    }
    assert b"<script" not in answer.content
    assert len(answer.content) < 2000


def test_it_draws_a_picture_that_a_screen_reader_can_read() -> None:
    drawn = ElementTree.fromstring(svg(Badge("CI", "failing", Color.RED)))
    assert (drawn.get("role"), drawn.get("aria-label")) == ("img", "CI: failing")
    assert drawn.findtext(f"{SVG}title") == "CI: failing"
    left, right = drawn.iter(f"{SVG}text")
    assert float(left.get("x", "")) + float(left.get("textLength", "")) < float(right.get("x", ""))
    assert float(right.get("x", "")) + float(right.get("textLength", "")) < float(drawn.get("width", ""))


@pytest.mark.parametrize("color", Color)
def test_it_writes_white_where_white_can_be_read(color: Color) -> None:
    parts = [int(color.value[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_it_lets_nobody_show_an_old_one_without_asking(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(9))
    path = "/badge/github/acme/shop/CI.svg"
    first = get(path)
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in first.headers["content-security-policy"]
    known = {"if-none-match": f'"other", {first.headers["etag"]}'}
    again = get(path, headers=known)
    assert (again.status, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    count(dynamodb, ended(8, Status.FAILURE))
    assert get(path, headers=known).status == 200


@pytest.mark.parametrize(
    ("path", "asked", "at_most"),
    [
        ("github/acme/shop/github.1.2", {}, 1),
        ("github/acme/shop/github.1.2", {"branch": "main"}, 2),
        ("github/acme/shop/CI", {}, 2),
        ("github/acme/shop/CI", {"branch": "main"}, 3),
        ("github/acme/shop/CI", {"metric": "success_rate", "window": "400d"}, 5),
        ("github/acme/shop/none", {}, 1),
    ],
)
def test_it_takes_few_requests(
    dynamodb: DynamoDBClient, path: str, asked: dict[str, str], at_most: int
) -> None:
    count(dynamodb, *(ended(n * DAY) for n in (1, 9, 40)))
    requests = Requests(reading_client())
    shields(path, **asked)
    assert 0 < requests.asked.total() <= at_most


def test_it_reads_every_card_for_a_name_only_now_and_then(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may see badges may ask for any name, as often as the API is not throttled."""
    count(dynamodb, ended(9))
    requests = Requests(reading_client())
    for name in ("CI", "new", "none", "CI"):
        shields(f"github/acme/shop/{name}")
    assert requests.asked == {"cards": 1, "GetItem": 2}
    count(dynamodb, ended(8, pipeline_id="github.1.3", pipeline="new"))
    assert words("github/acme/shop/new") == ("pipeline", "unknown")
    monkeypatch.setattr(reading_tables, "now", lambda: NOW + PAUSE)
    assert words("github/acme/shop/new") == ("new", "passing")
    count(dynamodb, ended(7, Status.FAILURE))
    assert words("github/acme/shop/CI") == ("CI", "failing")
