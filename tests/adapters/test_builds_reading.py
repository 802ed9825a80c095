"""The builds table's indexes, read slice by slice."""

from itertools import product
from typing import Any
from unittest.mock import patch

from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters import builds_reading
from pipeline_health.adapters.builds_reading import BuildsReading
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.newest import Stretch, position_of
from pipeline_health.domain.times import HOUR
from tests.reading import NOW, a_build, ended, store

EVERYTHING: Any = {}
FILTERS: list[Any] = [EVERYTHING, {"branch": "dev"}, {"branch": "dev", "status": "failure"}, {"repo": "none"}]


def history() -> list[Build]:
    """Two dozen builds of November, two and two at the same instant, newest first."""
    builds = [
        a_build(
            run=f"{n:02d}",
            pipeline_id=("a.1", "b.2")[n % 3 == 0],
            branch=("main", "dev")[n % 2],
            status=(Status.SUCCESS, Status.FAILURE)[n % 5 == 0],
            started_at=NOW - n // 2 * HOUR,
        )
        for n in range(24)
    ]
    return sorted(builds, key=lambda build: (build.at, build.id), reverse=True)


def walk(reading: BuildsReading, stretch: Stretch, limit: int, pipeline: str | None) -> list[str]:
    below: str | None = stretch.below
    found: list[str] = []
    while below is not None:
        rest = Stretch(stretch.floor, below, stretch.filters)
        part = (
            reading.newest_of(pipeline, rest, limit) if pipeline else reading.newest("2026-H2", rest, limit)
        )
        assert part.reached is None or part.reached < below
        found += [build.id for _, build in part.found]
        below = part.reached
    return found


def test_it_finds_each_build_of_a_stretch_once_and_in_order(dynamodb: DynamoDBClient) -> None:
    builds = history()
    store(dynamodb, *builds)
    reading = BuildsReading(dynamodb, "BuildsTable")
    stretch = (position_of(builds[-4].at), position_of(builds[3].at, builds[3].id))
    for filters, limit, pipeline in product(FILTERS, (2, 100), (None, "a.1")):
        wanted = [
            build.id
            for build in builds
            if stretch[0] <= position_of(build.at, build.id) < stretch[1]
            and pipeline in (None, build.pipeline_id)
            and all(getattr(build, name) == value for name, value in filters.items())
        ]
        with patch.object(builds_reading, "FILTERED", limit):
            assert walk(reading, Stretch(*stretch, filters), limit, pipeline) == wanted


def test_it_asks_nothing_about_an_empty_stretch(dynamodb: DynamoDBClient) -> None:
    reading = BuildsReading(dynamodb, "NoSuchTable")
    nothing = Stretch(position_of(NOW), position_of(NOW))
    assert reading.newest("2026-H2", nothing, 9).found == reading.newest_of("a.1", nothing, 9).found == []


def test_it_names_the_commits_of_the_newest_builds_alone(dynamodb: DynamoDBClient) -> None:
    commits = ["a", "b", "a", None, "e", "f"]
    store(dynamodb, *(ended(n * HOUR, commit=commit) for n, commit in enumerate(commits, 1)))
    reading = BuildsReading(dynamodb, "BuildsTable")
    stretch = Stretch(position_of(0), position_of(NOW))
    assert reading.commits_of("github.1.2", stretch, 5) == {"a", "b", "e"}
    assert reading.commits_of("github.1.2", Stretch(stretch.floor, stretch.floor), 5) == set()


def test_it_gets_many_builds_and_leaves_out_what_is_gone(dynamodb: DynamoDBClient) -> None:
    builds = [a_build(run=str(n)) for n in range(101)]
    store(dynamodb, *builds)
    reading = BuildsReading(dynamodb, "BuildsTable")
    wanted = [*(build.id for build in builds), builds[0].id, "github.1.2.gone.1"]
    assert set(reading.get_many(wanted)) == {build.id for build in builds}
    assert reading.get_many([]) == {}
