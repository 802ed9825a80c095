"""Paging through builds: every page together is the whole list, once, whatever the filters and sizes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as some

from pipeline_health.api.questions import BuildsQuestion
from pipeline_health.domain import newest
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.jobs import Job
from pipeline_health.domain.newest import Slice, Stretch, position_of
from pipeline_health.domain.times import DAY, HOUR, format_instant, half_year_of
from pipeline_health.domain.view import View
from pipeline_health.flows.reading import Reading
from tests.live import NOW, a_build

REACH = 300 * DAY


@dataclass(frozen=True)
class MemoryBuilds:
    """Newest first, but looking at only `reads` builds in one request."""

    stored: Sequence[Build]
    reads: int

    def newest(self, half_year: str, stretch: Stretch, limit: int) -> Slice[Build]:
        return self._slice([b for b in self.stored if half_year_of(b.at) == half_year], stretch)

    def newest_of(self, pipeline_id: str, stretch: Stretch, limit: int) -> Slice[Build]:
        return self._slice([b for b in self.stored if b.pipeline_id == pipeline_id], stretch)

    def _slice(self, builds: list[Build], stretch: Stretch) -> Slice[Build]:
        placed = sorted(((position_of(b.at, b.id), b) for b in builds), reverse=True)
        within = [(at, build) for at, build in placed if stretch.floor <= at < stretch.below]
        read = within[: self.reads]
        reached = read[-1][0] if len(within) > len(read) else None
        found = [(at, b) for at, b in read if all(getattr(b, k) == v for k, v in stretch.filters.items())]
        return Slice(found, reached)

    def get(self, build_id: str) -> Build | None:
        return next((build for build in self.stored if build.id == build_id), None)

    def jobs(self, build: Build) -> list[Job]:
        return []


class Names:
    def ids_of(self, pipeline: str, repo: str | None) -> list[str]:
        return [pipeline]

    def newest_id_on(self, pipeline_id: str, branch: str) -> str | None:
        return None


@some.composite
def histories(draw: some.DrawFn) -> list[Build]:
    """Builds of three half-years, many of which started in the same millisecond."""
    starts = some.integers(0, 360).map(lambda days: NOW - days * DAY) | some.just(NOW - HOUR)
    builds = some.builds(
        lambda pipeline, branch, status, started_at: (pipeline, branch, status, started_at),
        some.sampled_from(["a", "b"]),
        some.sampled_from(["main", "dev"]),
        some.sampled_from([Status.SUCCESS, Status.FAILURE]),
        starts,
    )
    drawn = draw(some.lists(builds, max_size=40))
    return [
        a_build(run=str(run), pipeline_id=pipeline, branch=branch, status=status, started_at=started_at)
        for run, (pipeline, branch, status, started_at) in enumerate(drawn)
    ]


def questions() -> some.SearchStrategy[BuildsQuestion]:
    times = some.integers(0, 400).map(lambda days: format_instant(NOW - days * DAY)) | some.none()
    return some.builds(
        lambda since, until, **asked: BuildsQuestion.model_validate(
            {k: v for k, v in {"from": since, "to": until, **asked}.items() if v is not None}
        ),
        since=times.filter(lambda time: time is None or time < "2026-10-15"),
        until=times.filter(lambda time: time is None or time > "2026-10-16"),
        pipeline=some.sampled_from([None, "a", "b"]),
        branch=some.sampled_from([None, "main"]),
        status=some.sampled_from([None, "failure"]),
        limit=some.integers(1, 9),
    )


def matching(builds: Sequence[Build], asked: BuildsQuestion) -> list[str]:
    """By definition."""
    wanted = [
        build
        for build in builds
        if asked.pipeline in (None, build.pipeline_id)
        and asked.branch in (None, build.branch)
        and asked.status in (None, build.status)
        and max(asked.since or 0, NOW - REACH) <= build.at
        and (asked.until is None or build.at < asked.until)
    ]
    return [build.id for build in sorted(wanted, key=lambda b: (b.at, b.id), reverse=True)]


@settings(deadline=None)
@given(histories(), questions(), some.integers(1, 12), some.integers(1, 9))
def test_its_pages_are_the_whole_list_once(
    builds: list[Build], asked: BuildsQuestion, reads: int, most: int
) -> None:
    with patch.object(newest, "SLICES", most):
        pages = list(islice(all_pages(Reading(MemoryBuilds(builds, reads), Names(), REACH), asked), 200))
    assert all(len(page["builds"]) <= asked.limit for page in pages)
    assert pages[-1]["next"] is None  # every page gets further, so there are not endlessly many
    assert [build["id"] for page in pages for build in page["builds"]] == matching(builds, asked)


def all_pages(reading: Reading, asked: BuildsQuestion) -> Iterator[View]:
    cursor: str | None = ""
    while cursor is not None:
        page = reading.page(asked.model_copy(update={"cursor": cursor or None}), NOW)
        yield page
        cursor = page["next"]


def test_a_page_follows_builds_that_arrive_while_someone_reads() -> None:
    old = [a_build(run=str(n), started_at=NOW - n * HOUR) for n in range(2, 8)]
    asked = BuildsQuestion(limit=3)
    first = Reading(MemoryBuilds(old, 10), Names(), REACH).page(asked, NOW)
    late = [a_build(run="new", started_at=NOW), a_build(run="late", started_at=NOW - 7 * HOUR - 1)]
    rest = Reading(MemoryBuilds([*old, *late], 10), Names(), REACH).page(
        asked.model_copy(update={"cursor": first["next"], "limit": 9}), NOW
    )
    assert [build["id"] for build in rest["builds"]] == [b.id for b in [*old[3:], late[1]]]
