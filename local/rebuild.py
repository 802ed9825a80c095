"""`make rebuild`: every number held against the builds and jobs still there; says and mends what differed."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from local.secret import NoSecretError
from local.settings import BadSettingError
from local.workbench import Workbench
from pipeline_health.adapters.audited import AuditedCounts
from pipeline_health.adapters.audited_jobs import AuditedJobs
from pipeline_health.adapters.builds_stored import StoredBuilds
from pipeline_health.adapters.clock import now
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.flows.aggregation import Contended
from pipeline_health.flows.rebuild import Report, rebuild
from pipeline_health.flows.rebuild_jobs import JobsReport, rebuild_jobs

WEEK: Final = 7 * DAY
# From a run's first webhook to its last job: it may take 35 days, and be begun again up to 30 days later.
# https://docs.github.com/en/actions/reference/limits
# https://docs.github.com/actions/managing-workflow-runs/re-running-workflows-and-jobs
LONGEST_ATTEMPT: Final = 35 * DAY
LONGEST_RUN: Final = LONGEST_ATTEMPT + 30 * DAY
SOME: Final = 10  # pipelines, of which a line tells


def main() -> None:
    try:
        bench = Workbench.here()
        report, jobs = _rebuild(bench, now())
    except (BadSettingError, NoSecretError, BotoCoreError, ClientError, Contended) as error:
        sys.exit(f"make rebuild: {error}")
    for line in (*report.differences, *jobs.differences):
        print(line)
    print(
        f"{report.pipelines} pipelines: {report.counted} builds and {jobs.counted} jobs had not been counted,"
        f" {len(report.differences) + len(jobs.differences)} differences mended."
    )
    if jobs.moving:
        moving = ", ".join(jobs.moving)
        sys.exit(f"make rebuild: jobs of {moving} arrive too fast for their newest numbers; try again later")


def _rebuild(bench: Workbench, today: int) -> tuple[Report, JobsReport]:
    client, told, kept = bench.client("dynamodb"), bench.told, bench.retention_days
    table = AuditedCounts(client, told["METRICS_TABLE"])
    builds = _Telling(client, told["BUILDS_TABLE"])
    report = rebuild(builds, table, bench.aggregation, since(today, kept), today)
    jobs = AuditedJobs(client, told["BUILDS_TABLE"], told["METRICS_TABLE"])
    to = replace(bench.counting_jobs, jobs=jobs)
    pipelines = telling(sorted(table.locks()), "jobs")
    return report, rebuild_jobs(pipelines, builds, jobs, to, first_day_of_jobs(today, kept))


class _Telling(StoredBuilds):
    def pipelines(self) -> Iterator[str]:
        return telling(super().pipelines(), "builds")


def telling(pipelines: Iterable[str], what: str) -> Iterator[str]:
    """How far it is, to whoever waits."""
    for number, pipeline_id in enumerate(pipelines, 1):
        yield pipeline_id
        if number % SOME == 0:
            print(f"looked at the {what} of {number} pipelines", file=sys.stderr)


def since(instant: int, retention_days: int) -> int:
    """The first week of which no build can have expired, nor will while we look: it stays so long after it
    was first told, and may have run for long after that.
    """
    return -(-(instant - retention_days * DAY + LONGEST_ATTEMPT + HOUR) // WEEK) * WEEK


def first_day_of_jobs(instant: int, retention_days: int) -> int:
    """The first day of which no job or build can have expired, nor will while we look."""
    return (instant - retention_days * DAY + LONGEST_RUN) // DAY + 2


if __name__ == "__main__":
    main()
