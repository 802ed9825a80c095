"""Whatever the order, the batches and the repetitions: the numbers are those of the builds."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_health.domain.aggregates import Scope
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.events import Change
from pipeline_health.domain.ledger import Stored
from pipeline_health.domain.pipeline import RECENT_BUILDS
from pipeline_health.domain.recent import Recent, order
from pipeline_health.domain.timeline import build_id
from pipeline_health.domain.totals import NAMES
from pipeline_health.flows.aggregate import aggregate
from pipeline_health.flows.aggregation import Aggregation, Record
from tests.counting import (
    DEFAULTS,
    HOUR_MS,
    MemoryAside,
    MemoryBuilds,
    MemoryCounts,
    MemoryTopic,
    expected_changes,
    expected_lifetime,
    expected_streaks,
    expected_totals,
)

START = 1_790_000_000_000 // HOUR_MS * HOUR_MS
Sent = tuple[Build, int]


def a_build(number: int, status: Status = Status.SUCCESS, **more: object) -> Build:
    completed = START + number * 60_000 if status.completed else None
    known = {
        "provider": "github",
        "pipeline_id": "github.1.2",
        "run": str(number),
        "repo": "acme/app",
        "pipeline": "ci",
        "branch": "main",
        "status": status,
        "started_at": START + number * 60_000 - 30_000,
        "completed_at": completed,
        "duration_ms": 30_000 if completed else None,
        "created_at": START,
    }
    return Build.model_validate(known | more)


def flow(counts: MemoryCounts | None = None) -> tuple[Aggregation, MemoryCounts, MemoryTopic, MemoryAside]:
    counts, topic, aside = counts or MemoryCounts(), MemoryTopic(), MemoryAside()
    to = Aggregation(counts, MemoryBuilds(), topic, aside, _read, lambda _: None, DEFAULTS)
    return to, counts, topic, aside


def _read(record: Record) -> Stored | None:
    if "broken" in record:
        raise ValueError("no build at all")
    return Stored(record["build"], record["revision"])


def sent(builds: Iterable[Build], revision: int = 1) -> list[Record]:
    return [{"build": build, "revision": revision} for build in builds]


@st.composite
def some_builds(draw: st.DrawFn) -> list[list[Build]]:
    """Builds, each as the list of its revisions: running, then completed, then perhaps corrected."""
    histories = []
    statuses = [Status.SUCCESS, Status.FAILURE, Status.CANCELLED, Status.SKIPPED]
    for number in range(draw(st.integers(1, 14))):
        run = str(draw(st.integers(1, 8)))
        attempt = draw(st.integers(1, 3))
        common = {
            "pipeline_id": draw(st.sampled_from(["github.1.2", "github.1.3"])),
            "run": run,
            "attempt": attempt,
            "repo": draw(st.sampled_from(["acme/app", "acme/lib"])),
            "branch": draw(st.sampled_from(["main", "feature"])),
            "default_branch": draw(st.sampled_from([None, "main"])),
        }
        history = [a_build(number, Status.IN_PROGRESS, **common)]
        for _ in range(draw(st.integers(0, 2))):
            minute = draw(st.integers(0, 150))
            history.append(
                a_build(
                    number,
                    draw(st.sampled_from(statuses)),
                    **common
                    | {
                        "completed_at": START + minute * 60_000,
                        "duration_ms": draw(st.sampled_from([None, 0, 1_000, 61_234])),
                        "queued_at": draw(st.sampled_from([None, START - 5_000])),
                        "branch": draw(st.sampled_from([common["branch"], "main"])),
                    },
                )
            )
        histories.append(history)
    by_id = {history[0].id: history for history in histories}
    return list(by_id.values())


@st.composite
def some_stream(draw: st.DrawFn) -> tuple[list[list[Build]], list[list[Record]]]:
    """The builds and a stream of them: interleaved at will, in order for each build, cut into batches, and
    batches repeated."""
    histories = draw(some_builds())
    tickets = [index for index, history in enumerate(histories) for _ in history]
    turn = [0] * len(histories)
    records: list[Record] = []
    for index in draw(st.permutations(tickets)):
        records.append({"build": histories[index][turn[index]], "revision": turn[index] + 1})
        turn[index] += 1
    batches = []
    while records:
        size = draw(st.integers(1, len(records)))
        batches += [records[:size]] * draw(st.integers(1, 2))
        records = records[size:]
    return histories, batches


@settings(max_examples=400, deadline=None)
@given(some_stream())
def test_it_ends_in_the_numbers_of_the_builds_whatever_came_when(
    stream: tuple[list[list[Build]], list[list[Record]]],
) -> None:
    histories, batches = stream
    to, counts, _, _ = flow()
    for batch in batches:
        aggregate(batch, to)
    final = [history[-1] for history in histories]
    assert counts.totals == expected_totals(final)
    assert_timelines(counts, final)
    assert_cards(counts, final)


def assert_timelines(counts: MemoryCounts, final: list[Build]) -> None:
    streaks = expected_streaks(final)
    for place, branch in counts.branches.items():
        expected = streaks.get(place, [])
        segments = [s for _, s in sorted(counts.segments.get(place, {}).items())]
        told = [(s.status, s.n, build_id(s.start), build_id(s.last)) for s in segments]
        assert told == [(s[0].status, len(s), s[0].id, s[-1].id) for s in expected]
        changes = [(s.change, build_id(s.start)) for s in segments if s.change]
        assert changes == expected_changes(expected)
        assert branch.head == (segments[-1] if segments else None)


def assert_cards(counts: MemoryCounts, final: list[Build]) -> None:
    assert counts.has_only_grown
    for pipeline_id, card in counts.cards.items():
        mine = sorted((b for b in final if b.pipeline_id == pipeline_id), key=order, reverse=True)
        assert card.last == mine[0]
        lifetime = expected_lifetime(final, pipeline_id)
        assert dict(zip(NAMES, card.totals.counted, strict=True)) == lifetime
        assert all(card.totals.told[name] >= value for name, value in lifetime.items())
        assert list(card.recent) == [Recent.of(build) for build in mine[:RECENT_BUILDS]]
        assert card.broken == {
            branch: streaks[-1][0].completed_at
            for (owner, branch), streaks in expected_streaks(mine).items()
            if owner == pipeline_id and streaks[-1][0].status is Status.FAILURE
        }


def test_it_says_what_changed_once_and_repeats_it_when_asked_again() -> None:
    to, _, topic, _ = flow()
    statuses = [Status.SUCCESS, Status.FAILURE, Status.CANCELLED, Status.FAILURE, Status.SUCCESS]
    batches = [sent([a_build(number, status)]) for number, status in enumerate(statuses, 1)]
    for batch in batches:
        aggregate(batch, to)
    expected = [(None, 0), (Change.BROKEN, 1), (None, 0), (Change.STILL_FAILING, 1), (Change.FIXED, 2)]
    assert [(event.change, event.flip) for event in topic.told] == expected
    assert [event.streak for event in topic.told] == [1, 1, 0, 2, 1]
    broke_at = a_build(2).completed_at
    assert [event.since for event in topic.told] == [None, broke_at, None, broke_at, broke_at]

    tally = aggregate(batches[1], to)
    assert (tally.counted, tally.repeated) == (0, 1)
    assert topic.told[-1] == topic.told[1]


def test_it_tells_nothing_of_a_late_build_though_it_rewrites_history() -> None:
    to, counts, topic, _ = flow()
    aggregate(sent([a_build(1), a_build(9)]), to)
    aggregate(sent([a_build(5, Status.FAILURE)]), to)
    assert topic.told[-1].change is None
    segments = counts.segments["github.1.2", "main"].values()
    assert [s.change for s in sorted(segments, key=lambda s: s.start)] == [None, Change.BROKEN, Change.FIXED]


def test_it_keeps_the_head_of_a_branch_when_builds_come_late_into_its_distant_past() -> None:
    to, counts, _, _ = flow()
    statuses = [Status.SUCCESS, Status.FAILURE] * 5
    history = [a_build(10 * number, status) for number, status in enumerate(statuses, 1)]
    aggregate(sent(history), to)
    late = [a_build(15, Status.FAILURE, run="late"), a_build(16, run="later")]
    aggregate(sent(late), to)
    assert_timelines(counts, [*history, *late])
    assert counts.totals == expected_totals([*history, *late])


def test_it_shows_the_branch_that_a_sender_names_late() -> None:
    to, counts, _, _ = flow()
    nameless = {"branch": "unknown", "default_branch": "unknown"}
    aggregate(sent([a_build(1, Status.IN_PROGRESS, **nameless)]), to)
    assert (shown := counts.cards["github.1.2"].shown)
    assert shown.name == "unknown"
    aggregate(sent([a_build(1, Status.FAILURE, branch="trunk")], revision=2), to)
    assert (shown := counts.cards["github.1.2"].shown)
    assert (shown.name, shown.broken_since) == ("trunk", a_build(1).completed_at)
    assert counts.branches["github.1.2", "unknown"].newest is None


def test_it_never_goes_back_to_an_earlier_revision() -> None:
    to, counts, topic, _ = flow()
    running, done = a_build(1, Status.IN_PROGRESS), a_build(1)
    aggregate(sent([done], revision=2), to)
    before = replace(counts)
    tally = aggregate(sent([running], revision=1), to)
    assert (tally.counted, tally.repeated, len(topic.told)) == (0, 0, 1)
    assert counts == before


def test_it_reads_again_when_another_worker_was_first() -> None:
    class Overtaken(MemoryCounts):
        def write(self, outcome: object) -> None:
            if not self.requests:
                self.requests += 1
                aggregate(sent([a_build(7, Status.FAILURE)]), replace(to, counts=MemoryCountsView(self)))
            super().write(outcome)  # type: ignore[arg-type]

    class MemoryCountsView(MemoryCounts):
        """The same table, seen by the other worker."""

        def __init__(self, table: MemoryCounts) -> None:
            self.__dict__ = table.__dict__

    to, counts, _, _ = flow(Overtaken())
    tally = aggregate(sent([a_build(3)]), to)
    assert tally.retries == 1
    assert counts.totals == expected_totals([a_build(3), a_build(7, Status.FAILURE)])


def test_it_sets_a_bad_record_aside_and_counts_the_others() -> None:
    to, counts, _, aside = flow()
    bad: Record = {"broken": True}
    tally = aggregate([*sent([a_build(1)]), bad, *sent([a_build(2)])], to)
    assert (tally.counted, tally.set_aside) == (2, 1)
    assert aside.kept == [(bad, "unreadable: ValueError")]
    assert counts.totals == expected_totals([a_build(1), a_build(2)])


def test_it_counts_builds_of_last_year_and_of_a_clock_that_is_ahead_in_their_own_hours() -> None:
    """Nothing here asks what time it is; a sender's clock may be a day ahead (providers/fields.py)."""
    to, counts, _, _ = flow()
    hours = [START // HOUR_MS + ahead for ahead in (-400 * 24, 0, 23)]
    ends = {str(hour): hour * HOUR_MS + 1 for hour in hours}
    aggregate(sent([a_build(1, run=run, completed_at=end) for run, end in ends.items()]), to)
    counted = {hour: total["d_success"] for (scope, hour), total in counts.totals.items() if scope == Scope()}
    assert counted == dict.fromkeys(hours, 1)
