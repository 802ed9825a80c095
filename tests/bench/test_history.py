"""A stored history may end at any time, so that a stack can be filled with it."""

from bench.history import ASKED, NOW, items_of, newest
from pipeline_health.adapters.build_items import build_from
from pipeline_health.domain.times import DAY, SECOND

SIZE = 60
LATER = NOW + 100 * DAY


def test_it_ends_when_it_is_told_to_with_the_same_builds() -> None:
    items = [item for name, item in items_of(SIZE, LATER) if name == "BuildsTable" and "build" in item]
    builds = {build.id: build for build in map(build_from, items)}
    assert len(builds) == SIZE
    assert builds[newest(SIZE).id].at == newest(SIZE).at + (LATER - NOW)
    last = max(build.at for build in builds.values() if build.pipeline_id == ASKED)
    assert builds[newest(SIZE).id].at == last


def test_none_of_its_builds_expires_soon() -> None:
    ends = [int(item["expires_at"]["N"]) for _, item in items_of(SIZE, LATER) if "expires_at" in item]
    assert len(ends) >= SIZE
    assert min(ends) > (LATER + DAY) // SECOND
