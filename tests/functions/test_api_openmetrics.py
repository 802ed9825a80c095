"""What Prometheus scrapes: valid, true, counters that only grow, and never more than a bounded number."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from pipeline_health.adapters import reading_tables
from pipeline_health.adapters.reading_client import reading_client
from pipeline_health.api.openmetrics import Family, document, seconds_of
from pipeline_health.domain.build import Status
from pipeline_health.domain.standing import Standing
from pipeline_health.flows import scraping
from pipeline_health.flows.scraping import Scraping
from tests.functions.test_api_badges import HOSTILE
from tests.functions.test_api_costs import Requests
from tests.reading import a_build, count, ended, get, serve
from tests.template import ROOT

NAMES = {
    "provider": "github",
    "repository": "acme/shop",
    "cicd_pipeline_name": "CI",
    "pipeline_id": "github.1.2",
}


@pytest.fixture(autouse=True)
def deployed(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch)


def parsed(text: str) -> dict[str, Metric]:
    """By the reference parser, which refuses whatever the format does not allow."""
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return {metric.name: metric for metric in families}


def scraped() -> dict[str, Metric]:
    answer = get("/metrics/openmetrics")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    return parsed(answer.content.decode())


def values(metrics: dict[str, Metric], name: str, **labels: str) -> list[float]:
    """The samples of this full name that have these labels."""
    return [
        sample.value
        for metric in metrics.values()
        for sample in metric.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]


def test_it_counts_builds_and_their_time_by_how_they_ended(dynamodb: DynamoDBClient) -> None:
    count(
        dynamodb,
        ended(9, default_branch="main"),
        ended(8, branch="x", default_branch="main", duration_ms=1_500),
        ended(7, Status.FAILURE),
        ended(6, Status.CANCELLED, duration_ms=None),
        a_build(run="5", status=Status.IN_PROGRESS, completed_at=None, duration_ms=None),
    )
    metrics = scraped()
    for result, builds in {"success": 2, "failure": 1, "cancellation": 1, "skip": 0}.items():
        labels = {**NAMES, "cicd_pipeline_result": result}
        assert values(metrics, "pipeline_health_builds_total", **labels) == [builds]
    assert values(metrics, "pipeline_health_build_time_seconds_total", **NAMES) == [121.5]
    duration = "cicd_pipeline_run_duration_seconds"
    ended_well = {**NAMES, "cicd_pipeline_result": "success", "cicd_pipeline_run_state": "executing"}
    assert values(metrics, f"{duration}_count", **ended_well) == [2]
    assert values(metrics, f"{duration}_sum", **ended_well) == [61.5]
    assert values(metrics, "cicd_pipeline_run_active", cicd_pipeline_run_state="executing") == [1]
    assert values(metrics, "cicd_pipeline_run_active", cicd_pipeline_run_state="pending") == [0]
    assert values(metrics, "pipeline_health_broken", **NAMES) == [1]
    assert values(metrics, "pipeline_health_last_build_timestamp_seconds") == [1795436374.567]
    assert values(metrics, "pipeline_health_pipelines_left_out") == [0]


def test_its_counters_never_go_down_when_a_build_is_corrected(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, ended(9, Status.FAILURE, duration_ms=90_000))
    before = scraped()
    count(dynamodb, ended(9, duration_ms=10_000), revision=2)
    after = scraped()
    assert values(after, "pipeline_health_builds_total", cicd_pipeline_result="success") == [1]
    for name in ("pipeline_health_builds_total", "pipeline_health_build_time_seconds_total"):
        pairs = zip(values(before, name), values(after, name), strict=True)
        assert all(now >= was for was, now in pairs), name


def test_it_is_valid_whatever_senders_call_things(dynamodb: DynamoDBClient) -> None:
    name = HOSTILE + '\\"{}\\n,='
    count(
        dynamodb, ended(8, pipeline=name, repo="ä" * 512), ended(9, pipeline_id="github.1.3", pipeline=name)
    )
    (first, second) = scraped()["pipeline_health_broken"].samples
    assert second.labels["cicd_pipeline_name"] == name
    assert first.labels["repository"] == "ä" * 199 + "…"


def test_it_is_valid_without_any_pipeline() -> None:
    assert values(scraped(), "pipeline_health_pipelines_left_out") == [0]


class Many:
    def __init__(self, one: Standing) -> None:
        self._one = one

    def standings(self) -> list[Standing]:
        """The first was active last."""
        return [
            replace(self._one, named=replace(self._one.named, pipeline_id=f"p{n}", latest=self._at(n)))
            for n in range(700)
        ]

    def _at(self, n: int) -> Any:
        return replace(self._one.named.latest, at=10**9 - n)


def test_it_lists_the_pipelines_that_were_active_last_and_says_how_many_it_left_out(
    dynamodb: DynamoDBClient,
) -> None:
    count(dynamodb, ended(9))
    (one,) = reading_tables.metrics_table().standings()
    text = Scraping(Many(one)).metrics()
    metrics = parsed(text)
    listed = [sample.labels["pipeline_id"] for sample in metrics["pipeline_health_broken"].samples]
    assert listed == [f"p{n}" for n in range(scraping.PIPELINES)]
    assert values(metrics, "pipeline_health_pipelines_left_out") == [200]
    assert len(text) < 3_000_000


def test_it_takes_one_request(dynamodb: DynamoDBClient) -> None:
    count(dynamodb, *(ended(n) for n in range(1, 9)))
    requests = Requests(reading_client())
    scraped()
    assert requests.asked == {"cards": 1}


def test_its_numbers_are_exact() -> None:
    assert [seconds_of(ms) for ms in (0, 5, 1000, 90_071_992_547_409_931)] == [
        "0",
        "0.005",
        "1",
        "90071992547409.931",
    ]
    assert document({Family("a", "gauge", 'says "\\'): []}).startswith('# TYPE a gauge\n# HELP a says \\"')


def exported() -> set[str]:
    families = [each for each in vars(scraping).values() if isinstance(each, Family)]
    ends = {"counter": ["_total"], "summary": ["_count", "_sum"], "gauge": [""]}
    return {family.name + end for family in families for end in ends[family.kind]}


def test_every_metric_of_the_dashboard_and_of_the_documents_is_one_that_is_exported() -> None:
    dashboard = json.loads((ROOT / "docs/grafana/pipeline-health.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert queries
    pattern = re.compile(r"\b(?:pipeline_health|cicd_pipeline_run)_\w+\b")
    labels = {"cicd_pipeline_run_state"}
    for text in [*queries, (ROOT / "docs/grafana/README.md").read_text(encoding="utf-8")]:
        assert set(pattern.findall(text)) - labels <= exported(), text
    for query in queries:
        assert pattern.search(query), query
