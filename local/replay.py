"""`make replay`: what was set aside is processed again, and removed from there once it is.

Records of SetAsideTable are counted. Messages of SetAsideQueue are events that a function failed on: it is
called with them again. A batch that the stream gave up is only named there, so its builds are counted from
their table.
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.secret import NoSecretError
from local.settings import BadSettingError
from local.workbench import Workbench
from pipeline_health.flows.jobs import count_jobs
from pipeline_health.flows.recount import recount
from pipeline_health.flows.replay import replay, replay_jobs

BATCH: Final = 10  # the most that one request of SQS gives
HIDDEN_SECONDS: Final = 300  # from others, while it is processed here

Process = Callable[[dict[str, Any]], str | None]  # what is wrong with it still, or None


def main() -> None:
    try:
        bench = Workbench.here()
        replayed = replay(bench.aside, bench.aggregation)
        jobs = replay_jobs(bench.jobs_aside, bench.counting_jobs)
        done, left = from_queue(bench.client("sqs"), bench.resource("SetAsideQueue"), _process(bench))
    except (BadSettingError, NoSecretError, BotoCoreError, ClientError) as error:
        sys.exit(f"make replay: {error}")
    print(f"{replayed.done + jobs.done} records counted, {done} messages processed.")
    left += [f"{name}: {reason}" for name, reason in (*replayed.refused, *jobs.refused)]
    if left:
        sys.exit("Still set aside:\n" + "\n".join(left))


def from_queue(sqs: Any, url: str, process: Process) -> tuple[int, list[str]]:
    """Each message once; what could not be processed stays, and is listed."""
    done, left = 0, []
    for message in _messages(sqs, url):
        wrong = process(json.loads(message["Body"]))
        if wrong:
            left.append(f"{message['MessageId']}: {wrong}")
        else:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            done += 1
    return done, left


def _messages(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    while True:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=BATCH, VisibilityTimeout=HIDDEN_SECONDS, WaitTimeSeconds=1
        )
        if not answer.get("Messages"):
            return
        yield from answer["Messages"]


def _process(bench: Workbench) -> Process:
    counted: list[int] = []  # once is enough for any number of batches

    def process(failure: dict[str, Any]) -> str | None:
        if "requestPayload" in failure:
            return _call_again(bench.client("lambda"), failure)
        if "DDBStreamBatchInfo" not in failure:
            return "neither an event nor a batch of the stream"
        if not counted:
            counted.append(recount(bench.builds, bench.aggregation))
            count_jobs(bench.builds.waiting_for_jobs(), bench.counting_jobs)
        return None

    return process


def _call_again(client: Any, failure: dict[str, Any]) -> str | None:
    """With the event that it failed on: a destination for failures gets it whole."""
    name = failure["requestContext"]["functionArn"].removesuffix(":$LATEST")
    answer = client.invoke(FunctionName=name, Payload=json.dumps(failure["requestPayload"]).encode())
    if "FunctionError" not in answer:
        return None
    return f"{name.rpartition(':')[2]} failed again: {json.loads(answer['Payload'].read()).get('errorType')}"


if __name__ == "__main__":
    main()
