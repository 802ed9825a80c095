"""What is stored of a pipeline, and what should be, from its builds alone; of expired ones, as counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline_health.domain.aggregates import Counted, Moves, Run, add_run, settle
from pipeline_health.domain.counting import Outcome, count
from pipeline_health.domain.ledger import Known, Stored, newest_of, shifts_of
from pipeline_health.domain.pipeline import BRANCH_BUILDS, RECENT_BUILDS, SAID, Branch, Card
from pipeline_health.domain.recent import Strip
from pipeline_health.domain.timeline import Entry, Reach, Segment, add_recoveries, weave

Timelines = Mapping[str, list[Entry]]


@dataclass(frozen=True)
class Truth:
    """All of one pipeline. `moves` is what it should have moved, in every scope; empty for what is stored."""

    card: Card
    runs: Mapping[str, Run]
    branches: Mapping[str, Branch]
    entries: Timelines
    segments: Mapping[str, tuple[Segment, ...]]
    moves: Moves

    @property
    def known(self) -> Known:
        return Known(self.card, self.runs, self.branches)


def truth_of(builds: Iterable[Stored], stored: Truth, default_names: frozenset[str]) -> Truth:
    """What should be stored. What was told of a branch is history and stays as it is."""
    known, timelines = stored.known, stored.entries
    fresh = newest_of(builds)
    ids = {each.build.id for each in fresh}
    gone = {name: [e for e in entries if e.build_id not in ids] for name, entries in timelines.items()}
    runs = {name: _expired(known.card.pipeline_id, name, run, ids) for name, run in known.runs.items()}
    base = Known(Card(known.card.pipeline_id), runs, {})
    outcome = _counted(fresh, base, gone, default_names)
    segments = {name: rewoven.after for name, rewoven in outcome.segments.items()}
    segments |= {name: _woven(gone[name]) for name in gone.keys() - segments.keys()}
    shifts = {name: outcome.shifts[name].added if name in outcome.shifts else [] for name in segments}
    of = known.card.pipeline_id
    branches = {
        name: _branch(of, branch, known.branch(name), ids) for name, branch in outcome.branches.items()
    }
    as_told = {name: _as_told(run, known.runs.get(name, {})) for name, run in outcome.runs.items()}
    return Truth(
        card=_card(outcome.card, known.card, ids),
        runs=as_told,
        branches={**known.branches, **branches},
        entries={name: [*gone.get(name, []), *added] for name, added in shifts.items()},
        segments=segments,
        moves=_moves(known.card.pipeline_id, as_told, segments),
    )


def _expired(pipeline_id: str, name: str, run: Run, ids: set[str]) -> Run:
    """What was counted for attempts whose builds are no longer there."""
    return {attempt: each for attempt, each in run.items() if f"{pipeline_id}.{name}.{attempt}" not in ids}


def _counted(fresh: list[Stored], base: Known, gone: Timelines, default_names: frozenset[str]) -> Outcome:
    def entries_of(branch: str, segment: Segment) -> list[Entry]:
        return [entry for entry in gone.get(branch, []) if segment.start <= entry.key <= segment.last]

    names = shifts_of(fresh, base, default_names)
    reaches = {name: Reach(_woven(gone.get(name, [])), begins=True, ends=True) for name in names}
    return count(fresh, base, reaches, entries_of, default_names)


def _woven(entries: Iterable[Entry]) -> tuple[Segment, ...]:
    return tuple(weave(Reach((), begins=True, ends=True), entries, (), lambda _: ()))


def _as_told(run: Run, stored: Run) -> dict[int, Counted]:
    return {attempt: _with_telling(counted, stored.get(attempt)) for attempt, counted in run.items()}


def _with_telling(counted: Counted, stored: Counted | None) -> Counted:
    if stored is None:
        return counted
    told = {name: getattr(stored, name) for name in ("change", "flip", "since", "streak")}
    return replace(counted, **told)


def _branch(of: str, branch: Branch, stored: Branch, ids: set[str]) -> Branch:
    strip = _strip(of, branch.strip, stored.strip, ids).shortened(BRANCH_BUILDS)
    return replace(branch, told=stored.told, strip=strip, newest=strip.builds[0])


def _card(card: Card, stored: Card, ids: set[str]) -> Card:
    of = card.pipeline_id
    recent = _strip(of, Strip(card.recent, card.cut), Strip(stored.recent, stored.cut), ids)
    recent = recent.shortened(RECENT_BUILDS)
    return replace(
        card,
        lock=stored.lock,
        until=max(card.until, stored.until),
        recent=recent.builds,
        cut=recent.cut,
        totals=stored.totals,  # of expired builds, too: see AuditedCounts.mend
        said=_strip(of, card.said, stored.said, ids).shortened(SAID),
    )


def _strip(of: str, true: Strip, stored: Strip, ids: set[str]) -> Strip:
    """With the expired builds still in it; after corrections it may hold less than it could: see Strip."""
    expired = [b for b in stored.builds if f"{of}.{b.run}.{b.attempt}" not in ids]
    merged = sorted([*true.builds, *expired], key=lambda build: build.order, reverse=True)
    shorter = stored.cut and list(stored.builds) == merged[: len(stored.builds)]
    return stored if stored.builds and shorter else Strip(tuple(merged), true.cut or stored.cut)


def _moves(pipeline_id: str, runs: Mapping[str, Run], segments: Mapping[str, tuple[Segment, ...]]) -> Moves:
    moves: Moves = {}
    for run in runs.values():
        add_run(moves, pipeline_id, run)
    for branch, some in segments.items():
        add_recoveries(moves, pipeline_id, branch, some, sign=1)
    return settle(moves)
