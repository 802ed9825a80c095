"""The metrics table, read back: every counter of every aggregate that a window asks for."""

from collections import Counter

from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters.aggregates_reading import counters_from
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.metrics_reading import MetricsReading
from pipeline_health.domain.aggregates import EVERYTHING, Scope, total_of
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.marks import is_mark
from pipeline_health.domain.packing import unpacked
from pipeline_health.domain.times import HOUR
from pipeline_health.domain.window import Cover, Window
from pipeline_health.flows.aggregates import Aggregates, Share
from tests.counting import DEFAULTS, expected_totals
from tests.reading import NOW, count, ended

PLAIN = [
    *("success", "failure", "cancelled", "skipped", "timed", "time", "passed_ms", "first", "first_passed"),
    *("runs", "runs_passed", "recovery_ms", "T0", "T99", "Q7", "R12"),
]


def test_it_reads_every_counter_and_keeps_the_default_branches_apart() -> None:
    counted = {name: number for number, name in enumerate(PLAIN, 1)}
    share = {f"d_{name}": 100 + number for name, number in counted.items()}
    item = to_item({"pk": "hours#everything", "sk": "2026-11-23T11", **counted, **share})
    all_of_it, default = (total_of([counters_from(item, default_only=only)]) for only in (False, True))
    assert all_of_it == {name: 100 + 2 * n for name, n in counted.items()}
    assert default == {name: 100 + n for name, n in counted.items()}


def history() -> list[Build]:
    """Five weeks, every status, some on another branch and in another repository."""
    statuses = [*Status][2:]
    return [
        ended(n * 17 * HOUR, statuses[n % 4], branch=("main", "dev")[n % 3 == 0], run=str(n))
        for n in range(1, 40)
    ]


def test_it_adds_up_to_what_was_counted(dynamodb: DynamoDBClient) -> None:
    builds = history()
    count(dynamodb, *builds)
    reading = MetricsReading(dynamodb, "MetricsTable", DEFAULTS)
    pipeline, branch = Scope(pipeline_id="github.1.2"), Scope(pipeline_id="github.1.2", branch="dev")
    shares = [Share(EVERYTHING), Share(pipeline, default_only=True), Share(branch)]
    for window in (Window.parse(text, NOW) for text in ("24h", "50h", "21d")):
        for share in shares:
            read = reading.aggregates(share, Cover.of([window, window.before]))
            for one in (window, window.before):
                assert counted_in(read, one) == expected(builds, share, one)
            for each, hourly in ((1, True), (24, False)):
                buckets = reading.buckets(share, window, hourly=hourly)
                cut = [counted_in(buckets, bucket) for bucket in window.buckets(each)]
                assert sum(cut, Counter()) == expected(builds, share, window)


def counted_in(read: Aggregates, window: Window) -> Counter[str]:
    """Bins one by one, default branches' counters together with all others'."""
    return unpacked(total_of([read.total(window)]))


def expected(builds: list[Build], share: Share, window: Window) -> Counter[str]:
    totals = expected_totals(builds).items()
    within = [c for (scope, hour), c in totals if scope == share.scope and window.start <= hour < window.end]
    return +Counter(
        {n: v for n, v in total_of(within, default_only=share.default_only).items() if not is_mark(n)}
    )
