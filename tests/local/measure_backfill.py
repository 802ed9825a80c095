"""How much memory a backfill takes, in a process of its own: python measure_backfill.py URL SINCE."""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.backfill import backfill
from local.backfill_state import Progress
from pipeline_health.adapters.github_api import GitHub
from pipeline_health.adapters.github_rest import site
from pipeline_health.domain.build import Sighting
from pipeline_health.domain.times import DAY, parse_instant
from pipeline_health.flows.ingest import Recorded, Result
from pipeline_health.flows.reconcile import Fetching, Span
from tests.ingesting import NOW


class NoBuilds:
    """Takes every build and keeps none: what is measured is ours, not a table's."""

    def record(self, sighting: Sighting, now: int) -> Recorded:
        return Recorded(Result.CREATED, sighting.build)


def main(url: str, since: str) -> None:
    source = GitHub(site(url, "t0ken", insecure=True), "acme/shop", lambda: NOW)
    span = Span(parse_instant(since), NOW // DAY * DAY + DAY)
    with ThreadPoolExecutor(8) as pool, tempfile.TemporaryDirectory() as folder:
        to = Fetching(NoBuilds(), lambda _: {}, lambda: NOW, pool.map)
        progress = Progress.of("measured", until=NOW, folder=Path(folder))
        tally = backfill(source, span, to, progress, lambda _: None)
    sys.stdout.write(f"{tally.seen} {_peak_megabytes()}\n")


def _peak_megabytes() -> int:
    """Of this process alone: getrusage would begin with what its parent had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
