"""A metrics table in memory, and the same numbers by brute force, for tests of counting."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from pipeline_health.domain.aggregates import Run, Scope, settle
from pipeline_health.domain.build import Build, Status
from pipeline_health.domain.counting import Outcome
from pipeline_health.domain.events import BuildEvent, Change
from pipeline_health.domain.flaky import Concluded
from pipeline_health.domain.ledger import Known, Stored
from pipeline_health.domain.marks import commit_number, concluded_from, is_mark, mark_counter, mark_of
from pipeline_health.domain.pipeline import Branch, Card
from pipeline_health.domain.sketch import bin_of
from pipeline_health.domain.timeline import Entry, Reach, Segment
from pipeline_health.flows.aggregation import Contended, Record, Wanted

HOUR_MS = 3_600_000
DEFAULTS = frozenset({"main", "master"})


def concluded_by(builds: Iterable[Build]) -> list[Concluded]:
    return [
        Concluded(commit_number(build.commit), build.status is Status.SUCCESS, build.completed_at)
        for build in builds
        if build.commit and build.status.conclusive and build.completed_at is not None
    ]


@dataclass
class MemoryCounts:
    """Behaves as the metrics table does: what is written under a stale lock is refused whole."""

    cards: dict[str, Card] = field(default_factory=dict)
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    branches: dict[tuple[str, str], Branch] = field(default_factory=dict)
    segments: dict[tuple[str, str], dict[str, Segment]] = field(default_factory=dict)
    entry_items: dict[tuple[str, str], dict[str, Entry]] = field(default_factory=dict)
    moves: dict[tuple[Scope, int], Counter[str]] = field(default_factory=dict)
    requests: int = 0
    has_only_grown: bool = True  # whatever is told of totals

    def known(self, wanted: Mapping[str, Wanted], default_names: frozenset[str]) -> dict[str, Known]:
        return {name: self._known(name, want, default_names) for name, want in wanted.items()}

    def _known(self, pipeline_id: str, want: Wanted, default_names: frozenset[str]) -> Known:
        """No more than the table is asked for."""
        card = self.cards.get(pipeline_id, Card(pipeline_id))
        runs = {run: self.runs[pipeline_id, run] for run in want.runs if (pipeline_id, run) in self.runs}
        counted_on = {counted.branch for run in runs.values() for counted in run.values()}
        asked = {*want.branches, *default_names, *card.candidates(default_names), *counted_on}
        branches = {
            name: self.branches[pipeline_id, name] for name in asked if (pipeline_id, name) in self.branches
        }
        return Known(card, runs, branches)

    def reach(self, pipeline_id: str, branch: str, first: str, last: str) -> Reach:
        stored = [s for _, s in sorted(self.segments.get((pipeline_id, branch), {}).items())]
        up_to = [s for s in stored if s.start <= first]
        after = [s for s in stored if s.start > first]
        beyond = [s for s in after if s.start > last]
        kept = [s for s in after if s.start <= last] + beyond[:2]
        return Reach((*up_to[-2:], *kept), begins=len(up_to) < 2, ends=len(beyond) < 2)

    def entries(self, pipeline_id: str, branch: str, segment: Segment) -> list[Entry]:
        stored = self.entry_items.get((pipeline_id, branch), {})
        return [stored[key] for key in sorted(stored) if segment.start <= key <= segment.last]

    def write(self, outcome: Outcome) -> None:
        pipeline_id = outcome.card.pipeline_id
        if self.cards.get(pipeline_id, Card(pipeline_id)).lock != outcome.card.lock - 1:
            raise Contended
        self.requests += 1
        self.has_only_grown &= _grown(self.cards.get(pipeline_id), outcome.card)
        self.cards[pipeline_id] = outcome.card
        self.runs |= {(pipeline_id, name): run for name, run in outcome.runs.items()}
        self.branches |= {(pipeline_id, name): branch for name, branch in outcome.branches.items()}
        for name, shift in outcome.shifts.items():
            stored = self.entry_items.setdefault((pipeline_id, name), {})
            for key in shift.removed:
                del stored[key]
            stored |= {entry.key: entry for entry in shift.added}
        for name, rewoven in outcome.segments.items():
            segments = self.segments.setdefault((pipeline_id, name), {})
            for start in rewoven.gone:
                del segments[start]
            segments |= {segment.start: segment for segment in rewoven.changed}
        for place, counters in outcome.moves.items():
            self.moves.setdefault(place, Counter()).update(counters)

    @property
    def totals(self) -> dict[tuple[Scope, int], Counter[str]]:
        return settle(self.moves)


def _grown(before: Card | None, after: Card) -> bool:
    was, now = before.totals.told if before else {}, after.totals.told
    return all(now[name] >= value for name, value in was.items())


@dataclass
class MemoryBuilds:
    """The builds table: a build as it is by now, which may be further than the stream says."""

    builds: dict[str, Build] = field(default_factory=dict)

    def get(self, build_id: str) -> Build | None:
        return self.builds.get(build_id)


@dataclass
class MemoryTopic:
    told: list[BuildEvent] = field(default_factory=list)

    def publish(self, events: list[BuildEvent]) -> None:
        self.told += events


@dataclass
class MemoryAside:
    kept: list[tuple[Record, str]] = field(default_factory=list)

    def keep(self, record: Record, reason: str) -> None:
        self.kept.append((record, reason))


# By brute force: everything again from the builds alone, in the words of the definitions.


def scopes(build: Build) -> list[tuple[Scope, str]]:
    """The scopes a build counts in, each with the prefix of the counters it moves there."""
    share = "d_" if build.is_default(DEFAULTS) else ""
    return [
        (Scope(), share),
        (Scope(repo=build.repo), share),
        (Scope(pipeline_id=build.pipeline_id), share),
        (Scope(pipeline_id=build.pipeline_id, branch=build.branch), ""),
    ]


def expected_totals(builds: Iterable[Build]) -> dict[tuple[Scope, int], Counter[str]]:
    totals: dict[tuple[Scope, int], Counter[str]] = {}

    def count(build: Build, counters: Mapping[str, int]) -> None:
        assert build.completed_at is not None
        for scope, share in scopes(build):
            total = totals.setdefault((scope, build.completed_at // HOUR_MS), Counter())
            total.update({share + name: value for name, value in counters.items()})

    completed = [build for build in builds if build.status.completed]
    for build in completed:
        count(build, {build.status.value: 1})
        if build.duration_ms is not None:
            count(build, {"timed": 1, "time": build.duration_ms})
            if build.status is Status.SUCCESS:
                count(build, {"passed_ms": build.duration_ms, f"t{bin_of(build.duration_ms)}": 1})
        if build.queue_ms is not None:
            count(build, {f"q{bin_of(build.queue_ms)}": 1})
    conclusive = [build for build in completed if build.status.conclusive]
    for build in conclusive:
        passed = int(build.status is Status.SUCCESS)
        if build.attempt == 1:
            count(build, {"first": 1, "first_passed": passed})
        last = max(b.attempt for b in conclusive if (b.pipeline_id, b.run) == (build.pipeline_id, build.run))
        if build.attempt == last:
            count(build, {"runs": 1, "runs_passed": passed})
    for build in conclusive:
        assert build.completed_at is not None
        if mark := mark_of(build):
            place = Scope(pipeline_id=build.pipeline_id), build.completed_at // HOUR_MS
            totals[place].update(mark_counter(mark, build.status, build.completed_at))
    for streaks in expected_streaks(builds).values():
        for broken, fixed in pairwise(streaks):
            if broken[0].status is Status.FAILURE:
                ms = (fixed[0].completed_at or 0) - (broken[0].completed_at or 0)
                count(fixed[0], {"recovery_ms": ms, f"r{bin_of(ms)}": 1})
    return settle(totals)


def _marks(counters: Mapping[str, int]) -> list[int]:
    return [value for name, value in counters.items() if is_mark(name)]


def concluded(counts: MemoryCounts, pipeline_id: str) -> list[Concluded]:
    """As it is read back, out of the days."""
    days: dict[int, Counter[str]] = {}
    for (scope, hour), counters in counts.totals.items():
        if scope == Scope(pipeline_id=pipeline_id):
            days.setdefault(hour // 24, Counter()).update(counters)
    return [each for day, counters in days.items() for each in concluded_from(_marks(counters), day)]


def expected_lifetime(builds: Iterable[Build], pipeline_id: str) -> dict[str, int]:
    """All that a pipeline has ever counted, of its builds as they are now."""
    mine = [build for build in builds if build.pipeline_id == pipeline_id and build.status.completed]
    known = [build.duration_ms for build in mine if build.duration_ms is not None]
    passed = [b.duration_ms for b in mine if b.status is Status.SUCCESS and b.duration_ms is not None]
    ended = {
        name: sum(build.status == name for build in mine)
        for name in ("success", "failure", "cancelled", "skipped")
    }
    durations = {"timed": len(known), "time": sum(known), "passed": len(passed), "passed_ms": sum(passed)}
    return {**ended, **durations}


def expected_streaks(builds: Iterable[Build]) -> dict[tuple[str, str], list[list[Build]]]:
    """By pipeline and branch, the conclusive builds in order of completion, cut where the outcome changes."""
    conclusive = sorted(
        (build for build in builds if build.status.conclusive),
        key=lambda b: (b.pipeline_id, b.branch, b.completed_at or 0, b.started_at or 0, b.id),
    )
    return {
        place: [list(streak) for _, streak in groupby(list(branch), key=lambda b: b.status)]
        for place, branch in groupby(conclusive, key=lambda b: (b.pipeline_id, b.branch))
    }


def expected_changes(streaks: list[list[Build]]) -> list[tuple[Change, str]]:
    """What each streak's first build changed; a branch's very first success changed nothing."""
    changes = [
        (Change.BROKEN if streak[0].status is Status.FAILURE else Change.FIXED, streak[0].id)
        for streak in streaks
    ]
    return changes[1:] if streaks and streaks[0][0].status is Status.SUCCESS else changes


def records(builds: Iterable[Build]) -> list[Record]:
    """Stand-ins for stream records: what `read` makes a Stored of."""
    return [{"build": build} for build in builds]


def stored_of(record: Record) -> Stored:
    return Stored(record["build"], record.get("revision", 1))
