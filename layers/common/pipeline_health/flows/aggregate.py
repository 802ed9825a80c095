"""From the builds table's stream: count each build once, find what it changed, tell the rest of the product.

Safe to repeat whole or in part, by any number of workers: a transaction that succeeded leaves the ledger
saying so, and a build counted before is only told again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from pipeline_health.domain.counting import branches_wanted, count, head_wanted
from pipeline_health.domain.events import BuildEvent
from pipeline_health.domain.ledger import Known, Stored, newest_of, shifts_of, told_already, uncounted
from pipeline_health.domain.timeline import Entry, Reach, Segment
from pipeline_health.flows.aggregation import Aggregation, Contended, Record, TooMany, Unstorable, Wanted

PATIENCE: Final = 12  # times a group is read again when others write to the same pipeline or hour


@dataclass
class Tally:
    """What came of one batch."""

    counted: int = 0
    repeated: int = 0
    set_aside: int = 0
    retries: int = 0
    events: list[BuildEvent] = field(default_factory=list)


def aggregate(records: Iterable[Record], to: Aggregation) -> Tally:
    """Counts a batch; raises what time may heal, so that the whole (harmless) batch comes again."""
    tally = Tally()
    readable = list(_readable(records, to, tally))
    groups: dict[str, list[Stored]] = {}
    for stored, _ in readable:
        groups.setdefault(stored.build.pipeline_id, []).append(stored)
    known = to.counts.known({of: Wanted.by(group) for of, group in groups.items()}, to.default_names)
    sources = {(stored.build.id, stored.revision): record for stored, record in readable}
    for pipeline_id, group in groups.items():
        _count_group(newest_of(group), known[pipeline_id], to, tally, sources)
    if tally.events:
        to.topic.publish(tally.events)
    return tally


def _readable(records: Iterable[Record], to: Aggregation, tally: Tally) -> Iterator[tuple[Stored, Record]]:
    for record in records:
        try:
            stored = to.read(record)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            _set_aside(record, f"unreadable: {type(error).__name__}", to, tally)
        else:
            if stored:
                yield stored, record


def _set_aside(record: Record, reason: str, to: Aggregation, tally: Tally) -> None:
    to.aside.keep(record, reason)
    tally.set_aside += 1


def _count_group(
    group: list[Stored],
    known: Known,
    to: Aggregation,
    tally: Tally,
    sources: Mapping[tuple[str, int], Record],
) -> None:
    """One transaction where it fits one; halves where it does not, or where one of them can't be stored."""
    try:
        _count_together(group, known, to, tally)
    except (TooMany, Unstorable) as error:
        if len(group) == 1:
            record = sources[group[0].build.id, group[0].revision]
            _set_aside(record, f"not storable: {error}", to, tally)
            return
        for half in (group[: len(group) // 2], group[len(group) // 2 :]):
            _count_group(half, _known_again(half, to), to, tally, sources)


def _known_again(group: list[Stored], to: Aggregation) -> Known:
    pipeline_id = group[0].build.pipeline_id
    return to.counts.known({pipeline_id: Wanted.by(group)}, to.default_names)[pipeline_id]


def _count_together(group: list[Stored], known: Known, to: Aggregation, tally: Tally) -> None:
    for retry in range(PATIENCE):
        fresh, told = uncounted(group, known), told_already(group, known)
        try:
            events = _transact(fresh, known, to) if fresh else ()
        except Contended:
            tally.retries += 1
            to.pause(retry)
            known = _known_again(group, to)
        else:
            tally.counted += len(fresh)
            tally.repeated += len(told)
            tally.events += [*told, *events]
            return
    raise Contended(f"gave up after {PATIENCE} tries; the batch will come again")


def _transact(fresh: list[Stored], known: Known, to: Aggregation) -> tuple[BuildEvent, ...]:
    pipeline_id = known.card.pipeline_id
    known = _with_new_head(fresh, known, to)
    reaches = _reaches(fresh, known, to)

    def entries_of(branch: str, segment: Segment) -> Iterable[Entry]:
        return to.counts.entries(pipeline_id, branch, segment)

    outcome = count(fresh, known, reaches, entries_of, to.default_names)
    to.counts.write(outcome)
    return outcome.events


def _with_new_head(fresh: list[Stored], known: Known, to: Aggregation) -> Known:
    """What else the card needs where a correction puts another build at its head; rarely anything."""
    head = head_wanted(fresh, known)
    if head and (build := to.builds.get(head)):
        known = replace(known, builds=(build,))
    more = branches_wanted(fresh, known, to.default_names)
    if not more:
        return known
    wanted = Wanted(frozenset(), frozenset(more))
    again = to.counts.known({known.card.pipeline_id: wanted}, to.default_names)[known.card.pipeline_id]
    if again.card.lock != known.card.lock:
        raise Contended
    return replace(known, branches={**again.branches, **known.branches})


def _reaches(fresh: list[Stored], known: Known, to: Aggregation) -> dict[str, Reach]:
    """The segments around every shift; for the common case, a build newer than all, no request at all."""
    reaches: dict[str, Reach] = {}
    for name, shift in shifts_of(fresh, known, to.default_names).items():
        head = known.branch(name).head
        if shift.appends_to(head):
            reaches[name] = Reach((head,) if head else (), begins=head is None, ends=True)
        else:
            ends = shift.keys
            reaches[name] = to.counts.reach(known.card.pipeline_id, name, ends[0], ends[-1])
    return reaches
