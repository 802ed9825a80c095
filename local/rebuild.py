"""`make rebuild`: every number held against the builds that are still there; says and mends what differed."""

import sys
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from local.secret import NoSecretError
from local.settings import BadSettingError
from local.workbench import Workbench
from pipeline_health.adapters.audited import AuditedCounts
from pipeline_health.adapters.clock import now
from pipeline_health.domain.times import DAY, HOUR
from pipeline_health.flows.aggregation import Contended
from pipeline_health.flows.rebuild import Report, rebuild

WEEK: Final = 7 * DAY


def main() -> None:
    try:
        report = _rebuild(Workbench.here())
    except (BadSettingError, NoSecretError, BotoCoreError, ClientError, Contended) as error:
        sys.exit(f"make rebuild: {error}")
    print(*report.differences, sep="\n")
    print(
        f"{report.pipelines} pipelines: {report.counted} builds had not been counted,"
        f" {len(report.differences)} differences mended."
    )


def _rebuild(bench: Workbench) -> Report:
    table = AuditedCounts(bench.client("dynamodb"), bench.told["METRICS_TABLE"])
    today = now()
    return rebuild(bench.builds, table, bench.aggregation, since(today, bench.retention_days), today)


def since(instant: int, retention_days: int) -> int:
    """The first week of which no build can have expired yet: a build is stored after it completed."""
    return -(-(instant - retention_days * DAY + HOUR) // WEEK) * WEEK


if __name__ == "__main__":
    main()
