"""What a group of stored builds of one pipeline moves: everything that one transaction writes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

from pipeline_health.domain.aggregates import Counted, Moves, Run, add_run, settle
from pipeline_health.domain.build import Build
from pipeline_health.domain.events import BuildEvent
from pipeline_health.domain.ledger import Known, Stored, event_of, shifts_of
from pipeline_health.domain.pipeline import Branch, Card, Told, tell
from pipeline_health.domain.timeline import Entry, Reach, Rewoven, Segment, Shift, add_recoveries, weave

Opener = Callable[[str, Segment], Iterable[Entry]]  # the entries of a segment of a branch


@dataclass(frozen=True)
class Outcome:
    """Everything to write for a group, in one transaction, and what to tell afterwards."""

    card: Card
    runs: Mapping[str, Run]
    branches: Mapping[str, Branch]
    shifts: Mapping[str, Shift]
    segments: Mapping[str, Rewoven]
    moves: Moves
    events: tuple[BuildEvent, ...]


def count(
    fresh: Iterable[Stored],
    known: Known,
    reaches: Mapping[str, Reach],
    entries_of: Opener,
    default_names: frozenset[str],
) -> Outcome:
    """All that `fresh` builds (newest revisions, not yet counted, oldest first) change.

    `reaches` holds the segments around what shifts, for every branch whose timeline changes.
    """
    fresh = list(fresh)
    shifts = shifts_of(fresh, known, default_names)
    segments = {name: _rewoven(name, shift, reaches[name], entries_of) for name, shift in shifts.items()}
    told = {name: _told(known.branch(name), shifts[name], segments[name]) for name in shifts}
    branches = _branches_after(fresh, known, segments, reaches, told)
    runs = _runs_after(fresh, known, _by_key(told), default_names)
    moves = _moves(known, runs, segments)
    return Outcome(
        card=_card_after(fresh, known, branches, moves, default_names),
        runs=runs,
        branches=branches,
        shifts=shifts,
        segments=segments,
        moves=moves,
        events=tuple(event_of(stored, runs[stored.build.run][stored.build.attempt]) for stored in fresh),
    )


def _rewoven(name: str, shift: Shift, reach: Reach, entries_of: Opener) -> Rewoven:
    def opened(segment: Segment) -> Iterable[Entry]:
        return entries_of(name, segment)

    return Rewoven(reach.segments, tuple(weave(reach, shift.added, shift.removed, opened)))


def _told(branch: Branch, shift: Shift, segments: Rewoven) -> list[tuple[Entry, Told]]:
    """What is told of each entry that became the head of its branch: late builds never tell anything."""
    told, tellings = branch.told, []
    for entry in sorted(shift.added, key=lambda entry: entry.key):
        if _leads(entry, branch.head, shift, segments):
            told = tell(told, entry)
            tellings.append((entry, told))
    return tellings


def _leads(entry: Entry, head: Segment | None, shift: Shift, segments: Rewoven) -> bool:
    if head is None or entry.key > head.last:
        return True
    corrected = head.last in shift.removed
    return corrected and bool(segments.after) and entry.key == segments.after[-1].last


def _by_key(told: Mapping[str, list[tuple[Entry, Told]]]) -> dict[str, Told]:
    return {entry.build_id: telling for tellings in told.values() for entry, telling in tellings}


def _branches_after(
    fresh: list[Stored],
    known: Known,
    segments: Mapping[str, Rewoven],
    reaches: Mapping[str, Reach],
    told: Mapping[str, list[tuple[Entry, Told]]],
) -> dict[str, Branch]:
    branches: dict[str, Branch] = {}
    for stored in fresh:
        build, before = stored.build, known.counted(stored.build)
        if before and before.branch != build.branch:
            old = branches.get(before.branch) or known.branch(before.branch)
            branches[before.branch] = old.without(build)
        branch = branches.get(build.branch) or known.branch(build.branch)
        branches[build.branch] = branch.with_newest(build)
    for name, rewoven in segments.items():
        branch = branches.get(name) or known.branch(name)
        head = (rewoven.after[-1] if rewoven.after else None) if reaches[name].ends else branch.head
        newest_told = told[name][-1][1] if told[name] else branch.told
        branches[name] = replace(branch, head=head, told=newest_told)
    return branches


def _runs_after(
    fresh: list[Stored], known: Known, told: Mapping[str, Told], default_names: frozenset[str]
) -> dict[str, Run]:
    runs: dict[str, Run] = {}
    for stored in fresh:
        build = stored.build
        counted = Counted.of(build, stored.revision, default_names)
        telling = told.get(build.id) or known.counted(build)
        if telling:
            change = {name: getattr(telling, name) for name in ("change", "flip", "since", "streak")}
            counted = replace(counted, **change)
        run = runs.get(build.run) or known.runs.get(build.run, {})
        runs[build.run] = {**run, build.attempt: counted}
    return runs


def _card_after(
    fresh: list[Stored],
    known: Known,
    branches: Mapping[str, Branch],
    moves: Moves,
    default_names: frozenset[str],
) -> Card:
    card = _with_strips(fresh, known).headed_by([*known.builds, *_builds(fresh)])
    card = card.with_branches({**known.branches, **branches}, card.candidates(default_names))
    until = max([card.until, *(hour + 1 for _, hour in moves)])
    totals = card.totals.moved(moves, card.pipeline_id)
    return replace(card, lock=card.lock + 1, until=until, totals=totals)


def _with_strips(fresh: Iterable[Stored], known: Known) -> Card:
    return reduce(Card.with_build, _builds(fresh), known.card)


def _builds(fresh: Iterable[Stored]) -> list[Build]:
    return [stored.build for stored in fresh]


def head_wanted(fresh: list[Stored], known: Known) -> str | None:
    """The id of the build that these leave at the head of the card, where it is neither among them nor there
    already: a correction made the newest build older than another.
    """
    head = _with_strips(fresh, known).head_id
    at_hand = {build.id for build in [*_builds(fresh), *known.builds]}
    return None if head in at_hand or (known.card.last and known.card.last.id == head) else head


def branches_wanted(fresh: list[Stored], known: Known, default_names: frozenset[str]) -> set[str]:
    """The branches that the card's status may come from after these, beyond what a group always asks for."""
    after = _with_strips(fresh, known).headed_by([*known.builds, *_builds(fresh)])
    before = {*known.card.candidates(default_names), *default_names}
    named = {name for build in _builds(fresh) for name in (build.branch, build.default_branch)}
    return set(after.candidates(default_names)) - before - named - known.branches.keys()


def _moves(known: Known, runs: Mapping[str, Run], segments: Mapping[str, Rewoven]) -> Moves:
    moves: Moves = {}
    pipeline_id = known.card.pipeline_id
    for name, run in runs.items():
        add_run(moves, pipeline_id, known.runs.get(name, {}), sign=-1)
        add_run(moves, pipeline_id, run)
    for branch, rewoven in segments.items():
        add_recoveries(moves, pipeline_id, branch, rewoven.before, sign=-1)
        add_recoveries(moves, pipeline_id, branch, rewoven.after, sign=1)
    return settle(moves)
