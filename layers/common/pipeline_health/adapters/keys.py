"""Every key string of every table is built here."""

import re
from typing import TYPE_CHECKING, Final

from pipeline_health.domain.build import Build, digest
from pipeline_health.domain.jobs import Job, Place, run_id_of
from pipeline_health.domain.times import DAY, HOUR, format_instant, half_year_of, parse_instant
from pipeline_health.domain.window import DAYS_A_WEEK, Kind

if TYPE_CHECKING:  # a webhook counts nothing
    from pipeline_health.domain.aggregates import Scope

_GITHUB: Final = re.compile(
    r"github\.([0-9]+)\.[0-9]+"
)  # a workflow; a flat body's pipeline is called otherwise
_PLAIN: Final = re.compile(r"[A-Za-z0-9._/ -]{1,100}")


def part(name: str) -> str:
    """A name as part of a key: itself where short and plain, else its digest, never ambiguous."""
    return name if _PLAIN.fullmatch(name) else f"~{digest(name, length=32)}"


def build_key(build: Build) -> dict[str, str]:
    return {"pk": build.pipeline_id, "sk": f"{build.run}.{build.attempt}"}


def build_key_of(build_id: str) -> dict[str, str]:
    """The key behind a build's id; ValueError when it cannot be one."""
    pipeline_id, run, attempt = build_id.rsplit(".", 2)
    return {"pk": pipeline_id, "sk": f"{run}.{attempt}"}


_JOBS: Final = "jobs#"
JOBS_RUN: Final = "run"


def jobs_partition(run_id: str) -> str:
    """All jobs of a run, over all of its attempts."""
    return f"{_JOBS}{run_id}"


def jobs_run_key(run_id: str) -> dict[str, str]:
    """Beside a run's jobs: which pipeline it belongs to."""
    return {"pk": jobs_partition(run_id), "sk": JOBS_RUN}


def job_key(job: Job) -> dict[str, str]:
    return {"pk": jobs_partition(job.run_id), "sk": f"{job.attempt}.{job.id}"}


def is_of_jobs(pk: str) -> bool:
    """Whether an item of the builds table is none of a build, but of its jobs."""
    return pk.startswith(_JOBS)


def run_of_jobs(pk: str) -> str:
    return pk.removeprefix(_JOBS)


def run_of_build(pk: str, sk: str) -> str | None:
    """The run that a build belongs to, as its jobs name it; None of builds of which nobody tells jobs."""
    pipeline, run = _GITHUB.fullmatch(pk), sk.partition(".")[0]
    return run_id_of("github", pipeline[1], run) if pipeline else None


def jobs_day_key(place: Place) -> dict[str, str]:
    """One job of a pipeline on a day, or one of its steps; a pipeline's days in order."""
    step = f"#{part(f'{place.number}.{place.step}')}" if place.step else ""
    return {"pk": jobs_days(place.pipeline_id), "sk": f"{day_name(place.day)}#{part(place.job)}{step}"}


def jobs_days(pipeline_id: str) -> str:
    return f"{_JOBS}{pipeline_id}"


def scope_key(scope: "Scope") -> str:
    """everything; repo#acme/app; branch#github.1.2#main"""
    if scope.branch:
        return f"branch#{scope.pipeline_id}#{part(scope.branch)}"
    return f"repo#{part(scope.repo)}" if scope.repo else "everything"


_DATE: Final = len("2026-11-23")
_WEEKS: Final = 999_999  # more than there will be
_BEHIND: Final = "$"  # the character after "#"


def aggregate_key(kind: Kind, scope: "Scope", number: int) -> dict[str, str]:
    """A scope's are a partition, in order of time; all pipelines' are together, by time and then by id."""
    if scope.pipeline_id and not scope.branch:
        partition, period = place_of_pipelines(kind, number)
        return {"pk": partition, "sk": f"{period}#{scope.pipeline_id}"}
    return {"pk": f"{kind}#{scope_key(scope)}", "sk": _NAMES[kind](number)}


def hour_key(scope: "Scope", hour: int) -> dict[str, str]:
    return aggregate_key("hours", scope, hour)


def day_key(scope: "Scope", day: int) -> dict[str, str]:
    return aggregate_key("days", scope, day)


def week_key(scope: "Scope", week: int) -> dict[str, str]:
    return aggregate_key("weeks", scope, week)


def place_of_pipelines(kind: Kind, number: int) -> tuple[str, str]:
    """The partition, and what sort keys begin with: an hour's hours#pipelines#2026-11-23 and 13, a day's
    pipelines and day-2026-11-23. Behind the days stand the weeks, counted backwards, so that the newest of
    both are neighbours: pipelines and week-997031.
    """
    if kind == "hours":
        name = hour_name(number)
        return f"hours#pipelines#{name[:_DATE]}", name[_DATE + 1 :]
    return "pipelines", f"day-{day_name(number)}" if kind == "days" else f"week-{_WEEKS - number}"


def range_of_pipelines(kind: Kind, first: int, last: int) -> tuple[str, str, str]:
    """The partition and the sort keys around all pipelines' from `first` to `last`, which share it."""
    ends = place_of_pipelines(kind, first), place_of_pipelines(kind, last)
    (partition, lower), (_, upper) = sorted(ends)
    return partition, f"{lower}#", f"{upper}{_BEHIND}"


def week_name(week: int) -> str:
    """Its first day."""
    return day_name(week * DAYS_A_WEEK)


def hour_name(hour: int) -> str:
    """2026-11-23T11, in UTC."""
    return format_instant(hour * HOUR)[:13]


def day_name(day: int) -> str:
    return format_instant(day * DAY)[:10]


_NAMES: Final = {"hours": hour_name, "days": day_name, "weeks": week_name}


def day_of(name: str) -> int:
    """The other way round."""
    return parse_instant(f"{name}T00:00:00Z") // DAY


CARDS: Final = "cards"  # the partition of all pipeline cards, so that one query draws the list


def card_key(pipeline_id: str) -> dict[str, str]:
    return {"pk": CARDS, "sk": pipeline_id}


def run_key(pipeline_id: str, run: str) -> dict[str, str]:
    """The ledger of one run; a partition of its own, since it is only ever asked for by name."""
    return {"pk": f"run#{pipeline_id}.{run}", "sk": "ledger"}


def branches_partition(pipeline_id: str) -> str:
    return f"branches#{pipeline_id}"


def branch_key(pipeline_id: str, branch: str) -> dict[str, str]:
    return {"pk": branches_partition(pipeline_id), "sk": part(branch)}


def timeline_key(pipeline_id: str, branch: str, entry: str) -> dict[str, str]:
    """One conclusive build of a branch, sorted by completion."""
    return {"pk": f"timeline#{pipeline_id}#{part(branch)}", "sk": entry}


def segment_key(pipeline_id: str, branch: str, start: str) -> dict[str, str]:
    """One run of equal outcome of a branch, by its first build."""
    return {"pk": f"segments#{pipeline_id}#{part(branch)}", "sk": start}


def newest_first(instant: int, build_id: str) -> str:
    """The sort key of those indexes; the id makes the order total."""
    return f"{instant:015d}#{build_id}"


def claim_key(channel: str, *identity: str) -> dict[str, str]:
    """One alert on one channel; long branches by their digest, and no name can play another's part."""
    return {"pk": "#".join((channel, *map(part, identity)))}


def recent_key(build: Build, instant: int) -> dict[str, str]:
    """Where a build stands in the newest-first index over everything."""
    return {"half_year": half_year_of(instant), "at": newest_first(instant, build.id)}
