"""Half of all webhooks lost on the real local stack: reconcile makes every number right again."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from random import Random

import pytest

from local.deploy import Aws
from local.settings import read_settings
from pipeline_health.domain.build import Build
from pipeline_health.domain.times import DAY
from tests import oracle
from tests.e2e.stack import START, Stack, eventually, running
from tests.flows.test_metrics import same
from tests.flows.test_reconcile import Store
from tests.github_server import GitHubServer
from tests.jenkins_server import JenkinsServer
from tests.sender_server import serving
from tests.story import Story

NOW = time.time_ns() // 1_000_000
FILTERS = [{}, {"repo": "acme/shop"}, {"branch": "default"}, {"repo": "acme/library"}]


@pytest.fixture(scope="module")
def story() -> Story:
    story = Story(
        Random(20261123),
        NOW // DAY * DAY,
        runs=24,
        builds=12,
        server=GitHubServer(token="t0ken"),
        jenkins=JenkinsServer(credentials="ci:11aa"),
    )
    story.tell()
    return story


@pytest.fixture(scope="module")
def builds(story: Story) -> list[Build]:
    """What there would be had every webhook come."""
    store = Store()
    for webhook in story.webhooks:
        store.record(webhook, NOW)
    return list(store.builds.values())


@pytest.fixture(scope="module")
def fetching(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with ExitStack() as opened:
        opened.enter_context(serving(story.server))
        opened.enter_context(serving(story.jenkins))
        yield opened.enter_context(
            running(
                tmp_path_factory.mktemp("fetching"),
                RECONCILE_GITHUB_REPOS="acme/shop",
                RECONCILE_GITHUB_TOKEN="t0ken",
                GITHUB_API_URL=story.server.url,
                RECONCILE_JENKINS_URLS=story.jenkins.url,
                RECONCILE_JENKINS_TOKENS="ci:11aa",
            )
        )


def test_it_restores_every_number_when_half_of_all_webhooks_are_lost(
    fetching: Stack, story: Story, builds: list[Build]
) -> None:
    story.random.shuffle(story.deliveries)
    came = story.deliveries[::2]
    for provider, delivery in came:
        assert fetching.post(f"/ingest/{provider}", delivery.body, **delivery.headers).is_success
    assert counted(fetching, {}) != counts(builds)
    look(fetching)
    eventually(lambda: counted(fetching, {}) == counts(builds), within=START)
    for filters in FILTERS:
        asked = oracle.Asked(7 * 24, repo=filters.get("repo"), branch=filters.get("branch"))
        said = fetching.get("/metrics/summary", window="7d", **filters)
        expected = oracle.summary(builds, asked, NOW)
        for unequal in ("before", "last_status_by_pipeline"):  # nothing was then; three share a name here
            del expected[unequal]
        del expected["recovery"]["longest_open"]  # it grows while we look
        same(said, expected)
    listed = {build["id"]: build["status"] for build in fetching.get("/builds", limit=500)["builds"]}
    assert listed == {build.id: build.status for build in builds}
    look(fetching)
    assert counted(fetching, {}) == counts(builds)


def look(stack: Stack) -> None:
    """As the schedule does, every 15 minutes."""
    settings = read_settings({"PORT": str(stack.port), "AWS_PORT": str(stack.aws_port)})
    aws = Aws(settings.aws_url)
    found = aws.client("cloudformation").describe_stack_resource(
        StackName="pipeline-health", LogicalResourceId="ReconcileFunction"
    )
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert "FunctionError" not in answer, json.loads(answer["Payload"].read())


def counted(stack: Stack, filters: dict[str, str]) -> dict[str, int]:
    numbers: dict[str, int] = stack.get("/metrics/summary", window="7d", **filters)["builds"]
    return numbers


def counts(builds: list[Build]) -> dict[str, int]:
    return {status: sum(build.status == status for build in builds) for status in oracle.STATUSES}
