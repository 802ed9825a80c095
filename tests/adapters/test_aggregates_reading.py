"""Aggregates are the same however they are read: by key, by query, or out of what all pipelines have."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import rows_reading
from pipeline_health.adapters.aggregates_reading import AggregatesReading
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.keys import aggregate_key
from pipeline_health.adapters.ranges import FIT, ranges, ranges_until_now
from pipeline_health.adapters.rows_reading import RowsReading
from pipeline_health.adapters.transaction import buckets
from pipeline_health.domain.aggregates import Scope
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.flaky import LOOK_BACK, Commits
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.domain.window import KINDS, Cover, Kind, Window
from pipeline_health.flows.aggregates import Share
from pipeline_health.flows.metrics import RowCounts
from tests.adapters.test_counts import requests_of
from tests.adapters.test_metrics_reading import counted_in, expected
from tests.counting import concluded_by, expected_totals
from tests.reading import NOW, ended

START = 490_000  # an hour of 2025
IDS = ["github.1.2", "github.1.20", "jenkins~a"]
WINDOWS = ["5h", "24h", "50h", "7d", "30d", "90d"]


@given(some.sampled_from(KINDS), some.sets(some.integers(0, 30_000), max_size=40), some.integers(0, 5_000))
def test_ranges_hold_exactly_what_is_asked_of_every_pipeline(
    kind: Kind, numbers: set[int], pipelines: int
) -> None:
    found = ranges(kind, numbers, pipelines)
    near = {number + step for number in numbers for step in (-1, 0, 1) if number + step >= 0}
    for number in near:
        for pipeline_id in ("-", "jenkins~a"):
            key = aggregate_key(kind, Scope(pipeline_id=pipeline_id), number)
            holding = [each for each in found if each[0] == key["pk"] and each[1] <= key["sk"] <= each[2]]
            assert len(holding) == (number in numbers)
    assert len(found) <= len(numbers)


@given(some.sampled_from(KINDS), some.integers(0, 30_000), some.integers(1, 40))
def test_a_range_ends_where_an_answer_would_be_full(kind: Kind, start: int, length: int) -> None:
    few, many = (len(ranges(kind, range(start, start + length), pipelines)) for pipelines in (1, FIT[kind]))
    assert few <= 3
    assert many == length


@given(some.integers(START, START + 10 * 365 * 24), some.sampled_from(WINDOWS), some.integers(1, 40))
def test_the_rows_of_a_team_are_asked_for_in_six_requests(end: int, text: str, pipelines: int) -> None:
    """One of them for the cards."""
    window = Window.parse(text, end * HOUR)
    cover = Cover.of([window.with_nothing_after, window.before])
    days = range((window.end - LOOK_BACK // HOUR) // 24, (window.end - 1) // 24 + 1)
    numbers: dict[Kind, Sequence[int]] = {
        "hours": cover.hours,
        "days": sorted({*cover.days, *days}),
        "weeks": cover.each_week,
    }
    found = ranges_until_now(numbers, pipelines)
    assert 1 + len(found) <= 6
    for kind, some_of_it in numbers.items():
        for number in some_of_it:
            key = aggregate_key(kind, Scope(pipeline_id="jenkins~a"), number)
            assert sum(each[0] == key["pk"] and each[1] <= key["sk"] <= each[2] for each in found) == 1


@pytest.mark.parametrize(("pipelines", "joined"), [(10, True), (1_000, False)])
def test_days_and_weeks_are_one_request_where_an_answer_holds_both(pipelines: int, joined: bool) -> None:
    found = ranges_until_now({"days": range(20_000, 20_029), "weeks": range(2_830, 2_858)}, pipelines)
    assert any(first.startswith("day-") and last.startswith("week-") for _, first, last in found) == joined


def history() -> list[Build]:
    """Over two New Years and many months, of several pipelines, some of it on another branch."""

    def one(number: int) -> Build:
        branch = ("main", "dev")[number % 5 == 0]
        status = [*Status][2:][number % 4]
        ago = number * 11 * HOUR
        commit = f"c{number % 7}" if number % 4 else None
        said = {"branch": branch, "run": str(number), "commit": commit}
        return ended(ago, status, pipeline_id=IDS[number % 3], **said)

    return [*map(one, range(80)), ended(340 * 24 * HOUR, pipeline_id=IDS[0], run="late")]


def fill(client: DynamoDBClient, builds: list[Build]) -> None:
    """The aggregates alone."""
    for (pk, sk), counters in buckets(expected_totals(builds)).items():
        client.put_item(TableName="MetricsTable", Item=to_item({"pk": pk, "sk": sk, **counters}))


@pytest.mark.parametrize("at_once", [False, True])
def test_all_pipelines_together_are_each_by_itself(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, *, at_once: bool
) -> None:
    monkeypatch.setattr(rows_reading, "KEY", 100.0 if at_once else 0.0)
    builds = history()
    fill(dynamodb, builds)
    requests = requests_of(dynamodb)
    reading = RowsReading(dynamodb, "MetricsTable")
    today = NOW // DAY
    for text in WINDOWS:
        window = Window.parse(text, NOW)
        both = [window, window.before]
        for default_only in (False, True):
            days = range(today - 9, today + 1)
            *rows, nobody = reading.rows([*IDS, "nobody"], len(IDS), both, days, default_only=default_only)
            for one, row in zip(IDS, rows, strict=True):
                share = Share(Scope(pipeline_id=one), default_only)
                assert [+each for each in row.totals] == [expected(builds, share, each) for each in both]
                mine = [build for build in builds if build.pipeline_id == one]
                concluded = [c for c in concluded_by(mine) if c.at // DAY in days]
                assert sorted(c.at for c in row.concluded) == sorted(c.at for c in concluded)
                assert Commits.of(row.concluded).flaky == Commits.of(concluded).flaky
            assert nobody == RowCounts([Counter(), Counter()], [])
    assert set(requests) == ({"Query"} if at_once else {"BatchGetItem"})


@pytest.mark.parametrize(
    ("rows", "of", "way"), [(1, 20, "BatchGetItem"), (20, 20, "Query"), (20, 2_000, "BatchGetItem")]
)
def test_it_takes_the_cheaper_way(dynamodb: DynamoDBClient, rows: int, of: int, way: str) -> None:
    requests = requests_of(dynamodb)
    window = Window.parse("7d", NOW)
    ids = [f"github.1.{number}" for number in range(rows)]
    reading = RowsReading(dynamodb, "MetricsTable")
    reading.rows(ids, of, [window, window.before], range(0), default_only=False)
    assert set(requests) == {way}


@pytest.mark.parametrize("window", ["20d", "400d"])
def test_a_pipeline_s_buckets_are_read_in_few_requests(dynamodb: DynamoDBClient, window: str) -> None:
    builds = history()
    fill(dynamodb, builds)
    share, asked = Share(Scope(pipeline_id=IDS[0])), Window.parse(window, NOW)
    requests = requests_of(dynamodb)
    reading = AggregatesReading(dynamodb, "MetricsTable")
    hourly = window == "20d"
    read = reading.buckets(share, asked, hourly=hourly)
    total = sum((counted_in(read, each) for each in asked.buckets(1 if hourly else 24)), Counter[str]())
    assert total == expected(builds, share, asked)
    assert requests == Counter(BatchGetItem=5)
