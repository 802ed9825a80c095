"""Summaries equal what anybody can compute from the builds that were sent, whatever order they came in."""

import hashlib
import hmac
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.builds import Body, flat
from tests.e2e.stack import START, Stack, eventually, running

BUILDS = 250
DAY = 86_400
SECRET = "e2e-s3cret"
TOKEN = "e2e-r3ad"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own: nobody else's builds are in the numbers, and it asks for signatures and a token."""
    with running(
        tmp_path_factory.mktemp("signed"), AUTH="on", WEBHOOK_SECRET=SECRET, READ_TOKEN=TOKEN
    ) as stack:
        yield stack


@pytest.fixture(scope="module")
def sent(signed: Stack) -> list[Body]:
    """Some hundred builds of ten days, each sent while it ran, when it ended and once more, all shuffled."""
    chance = random.Random(20261123)
    builds = [_some_build(chance, number) for number in range(BUILDS)]
    deliveries = [*builds, *builds, *(_while_it_ran(build) for build in builds)]
    chance.shuffle(deliveries)
    with ThreadPoolExecutor(4) as senders:
        answers = list(senders.map(lambda body: post(signed, body), deliveries))
    assert set(answers) <= {200, 201}
    eventually(lambda: sum(summary(signed, "30d")["builds"].values()) == BUILDS, within=START)
    return builds


FILTERS = [
    {},
    {"repo": "acme/shop"},
    {"pipeline": "Nightly", "repo": "acme/shop"},
    {"repo": "acme/api", "pipeline": "CI"},
    {"repo": "acme/api", "pipeline": "CI", "branch": "main"},
    {"repo": "acme/api", "pipeline": "CI", "branch": "default"},
    {"repo": "acme/shop", "branch": "default"},
    {"branch": "default"},
]


@pytest.mark.parametrize("filters", FILTERS, ids=lambda f: ",".join(f) or "everything")
@pytest.mark.parametrize("window", ["24h", "7d", "30d"])
def test_it_sums_up_what_was_sent(
    signed: Stack, sent: list[Body], filters: dict[str, str], window: str
) -> None:
    said = summary(signed, window, **filters)
    inside = [build for build in sent if said["from"] <= build["completed_at"] < said["to"]]
    chosen = [build for build in inside if matches(build, filters)]
    for name, value in by_hand(chosen).items():
        assert said[name] == pytest.approx(value, abs=0.01), name


def test_it_knows_the_last_status_of_every_pipeline(signed: Stack, sent: list[Body]) -> None:
    last = {name(build): build["status"] for build in sorted(sent, key=lambda build: build["started_at"])}
    assert summary(signed, "24h")["last_status_by_pipeline"] == last


def test_it_lists_every_build_once_and_newest_first(signed: Stack, sent: list[Body]) -> None:
    urls, cursor = list[str](), ""
    while True:
        page = signed.get("/builds", limit=70, **({"cursor": cursor} if cursor else {}))
        urls += [build["url"] for build in page["builds"]]
        cursor = page["next"]
        if not cursor:
            break
    started = {build["url"]: build["started_at"] for build in sent}
    assert sorted(urls) == sorted(started)
    assert [started[url] for url in urls] == sorted(started.values(), reverse=True)


def test_it_refuses_what_is_not_signed(signed: Stack) -> None:
    body = json.dumps(flat("acme/evil", "failure")).encode()
    assert signed.post("/ingest/github", body).status_code == 401
    assert signed.post("/ingest/github", body, **{"X-Hub-Signature-256": sign(b"other")}).status_code == 401
    assert signed.get("/builds", repo="acme/evil")["builds"] == []


def _some_build(chance: random.Random, number: int) -> Body:
    repo = chance.choice(["acme/shop", "acme/api"])
    return flat(
        repo,
        chance.choices(["success", "failure", "cancelled", "skipped"], [60, 25, 10, 5])[0],
        pipeline=chance.choice(["CI", "Deploy"]) if number % 7 else "Nightly",
        branch=chance.choice(["main", "main", "feature/x"]),
        ended=time.time() - 600 - chance.randrange(10 * DAY),
        seconds=chance.randrange(5, 900),
        url=f"https://ci.example.com/{number}",
    )


def _while_it_ran(build: Body) -> Body:
    return {name: value for name, value in build.items() if name != "completed_at"} | {
        "status": "in_progress"
    }


def post(stack: Stack, body: Body) -> int:
    content = json.dumps(body).encode()
    return stack.post("/ingest/github", content, **{"X-Hub-Signature-256": sign(content)}).status_code


def sign(body: bytes) -> str:
    return f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"


def summary(stack: Stack, window: str, **filters: str) -> dict[str, Any]:
    answer: dict[str, Any] = stack.get("/metrics/summary", window=window, **filters)
    return answer


def name(build: Body) -> str:
    return f"{build['repo']}/{build['pipeline']}"  # every one of the names stands in both repositories


def matches(build: Body, filters: dict[str, str]) -> bool:
    branch = filters.get("branch", build["branch"])
    return (
        filters.get("repo", build["repo"]) == build["repo"]
        and filters.get("pipeline", build["pipeline"]) == build["pipeline"]
        and (build["branch"] in ("main", "master") if branch == "default" else branch == build["branch"])
    )


def seconds(build: Body) -> float:
    started, completed = (datetime.fromisoformat(build[name]) for name in ("started_at", "completed_at"))
    return (completed - started).total_seconds()


def by_hand(builds: list[Body]) -> dict[str, Any]:
    counts = Counter(build["status"] for build in builds)
    conclusive = counts["success"] + counts["failure"]
    lengths = [seconds(build) for build in builds]
    return {
        "success_rate": 100 * counts["success"] / conclusive if conclusive else None,
        "failure_rate": 100 * counts["failure"] / conclusive if conclusive else None,
        "avg_build_time": sum(lengths) / len(lengths) if lengths else None,
        "builds": {status: counts[status] for status in ("success", "failure", "cancelled", "skipped")},
    }
