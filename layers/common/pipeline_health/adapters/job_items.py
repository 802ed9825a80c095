"""A job as its item holds it, and back."""

from typing import Any

from pipeline_health.adapters.dynamodb import Item, from_item
from pipeline_health.domain.build import unsaid
from pipeline_health.domain.jobs import Job


def described(job: Job) -> dict[str, Any]:
    return unsaid(job.model_dump(mode="json"))


def job_from(item: Item) -> Job:
    return Job.model_validate(from_item(item)["job"])
