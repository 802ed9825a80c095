"""A job as its item holds it, and back; and what an item of jobs' numbers holds beside its counters."""

from typing import Any, Final

from pipeline_health.adapters.dynamodb import Item, from_item
from pipeline_health.domain.build import unsaid
from pipeline_health.domain.jobs import Job

# `revision` counts the transactions that moved it.
NO_COUNTERS: Final = frozenset({"pk", "sk", "job", "step", "number", "revision"})


def described(job: Job) -> dict[str, Any]:
    return unsaid(job.model_dump(mode="json"))


def job_from(item: Item) -> Job:
    return Job.model_validate(from_item(item)["job"])
