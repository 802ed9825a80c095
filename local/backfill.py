"""`make backfill`: the history of a repository or a Jenkins server, from before its first webhook.

It is the scheduled look of functions/reconcile over any span of time. Stopped, the same command goes on where
it was; run twice, it stores nothing twice.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from tqdm import tqdm

from local.backfill_place import Place, place
from local.backfill_state import Progress
from pipeline_health.adapters.builds import DynamoBuilds
from pipeline_health.adapters.builds_known import KnownBuilds
from pipeline_health.adapters.clock import now
from pipeline_health.adapters.sources import Credentials, SourceSettings, configured
from pipeline_health.domain.times import DAY, SECOND, format_instant
from pipeline_health.flows.ingest import Unavailable
from pipeline_health.flows.reconcile import Fetching, Source, SourceFailed, Span, Tally, fetch

T = TypeVar("T")
_AT_ONCE: Final = 8  # writes; what the senders answer is the slower part
_PAUSES: Final = (2, 10, 30, 60)  # seconds before a further try of what may heal


class CannotBackfillError(Exception):
    """The message says what is wrong and what to do about it."""


def main() -> None:
    options = _options()
    try:
        with ExitStack() as closing:
            source = _source(options, closing)
            tally = _run(source, options, place(options), closing)
    except EndpointConnectionError as error:
        sys.exit(f"make backfill: {error}. Start one with `make run`, or name one on AWS: --stack NAME.")
    except (CannotBackfillError, ClientError, BotoCoreError) as error:
        sys.exit(f"make backfill: {error}")
    except KeyboardInterrupt:
        sys.exit("Stopped. The same command goes on from here.")
    print(
        f"{source.name}: {tally.seen} builds seen, {tally.created} stored, {tally.updated} brought further, "
        f"{tally.unusable} could not be read."
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make backfill",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="GITHUB_TOKEN or JENKINS_TOKEN (user:token) is read from the environment.",
    )
    parser.add_argument("--provider", required=True, choices=("github", "jenkins"))
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--repo", help="of GitHub: owner/name")
    what.add_argument("--url", help="of a Jenkins server, folder or job, as in ReconcileJenkinsUrls")
    parser.add_argument("--since", required=True, type=_instant, help="2026-01-01, or with a time, in UTC")
    parser.add_argument("--until", type=_instant, help="(default: now)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--stack", help="a stack on AWS (default: the local one at AWS_PORT)")
    where.add_argument("--table", help="the name of a builds table on AWS")
    parser.add_argument("--retention-days", type=int, help="with --table; a stack knows its own")
    parser.add_argument("--insecure", action="store_true", help="plain http and this machine may be read")
    return parser.parse_args()


def _instant(text: str) -> int:
    """Milliseconds; argparse tells of a ValueError."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * SECOND


def _source(options: argparse.Namespace, closing: ExitStack) -> Source:
    if (options.provider == "github") is not bool(options.repo):
        raise CannotBackfillError("github needs --repo owner/name, jenkins --url https://...")
    settings = SourceSettings(
        reconcile_github_repos=(options.repo,) if options.repo else (),
        reconcile_jenkins_urls=(options.url,) if options.url else (),
        github_api_url=os.environ.get("GITHUB_API_URL") or "https://api.github.com",
        allow_insecure_receivers="on" if options.insecure else "off",
    )
    tokens = Credentials(os.environ.get("GITHUB_TOKEN", ""), (os.environ.get("JENKINS_TOKEN", ""),))
    (source,) = configured(settings, tokens, {}, now, closing)
    return source


def _run(source: Source, options: argparse.Namespace, to: Place, closing: ExitStack) -> Tally:
    asked = (source.name, options.since, options.until, to.name)
    progress = Progress.of(*asked, until=options.until or now())
    if options.since >= progress.until:
        raise CannotBackfillError("--since must lie before --until")
    pool = closing.enter_context(ThreadPoolExecutor(_AT_ONCE))
    builds = DynamoBuilds(to.client, to.table, to.retention_days)
    fetching = Fetching(builds, KnownBuilds(to.client, to.table).ranks, now, pool.map)
    tally = backfill(source, Span(options.since, progress.until), fetching, progress, time.sleep)
    progress.forget()
    return tally


def backfill(
    source: Source, span: Span, to: Fetching, progress: Progress, sleep: Callable[[float], None]
) -> Tally:
    """Part by part, the newest first; what is done is written down before the next begins."""
    tally = Tally()
    told = f"{source.name} {format_instant(span.since // DAY * DAY)[:10]}"
    parts = _patiently(source, lambda: list(source.parts(span)), sleep)
    left = [part for part in parts if part.name not in progress.done]
    with tqdm(left, initial=len(parts) - len(left), total=len(parts), desc=told, disable=None) as bar:
        for part in bar:
            _patiently(source, partial(fetch, source, part, to, tally), sleep)
            progress.finish(part.name)
            bar.set_postfix(builds=tally.seen, stored=tally.restored, refresh=False)
    return tally


def _patiently(source: Source, work: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Waits for as long as it is asked to, and tries again what may heal: a part may be repeated."""
    pauses = iter(_PAUSES)
    while True:
        try:
            return work()
        except SourceFailed as failed:
            pause = failed.retry_after / SECOND or next(pauses, None)
            if failed.permanent or pause is None:
                raise CannotBackfillError(_advice(source, failed)) from None
        except Unavailable as failed:
            pause = next(pauses, None)
            if pause is None:
                raise CannotBackfillError(f"the builds table cannot be written: {failed.detail}") from failed
        tqdm.write(f"{source.name}: waits {pause:.0f} s", file=sys.stderr)
        sleep(pause)


def _advice(source: Source, failed: SourceFailed) -> str:
    todo = {
        "unauthorized": "the token in GITHUB_TOKEN or JENKINS_TOKEN is wrong or has expired",
        "forbidden": "the token may not read it",
        "not_found": "there is no such repository or job, or the token may not see it",
        "insecure_url": "plain http and this machine are read with --insecure only",
    }
    return f"{source.name}: {failed.reason}. {todo.get(failed.reason, 'Is this the right address?')}"


if __name__ == "__main__":
    main()
