"""Jobs in the builds table, written: one item a job, one conditional request a delivery, as with builds.

All jobs of a run stand in one partition. They have none of the indexes' attributes, so no list of builds
holds them. `news` marks what the jobs function has not counted yet.
"""

from typing import Any, Final

from pipeline_health.adapters.builds import DynamoBuilds, unavailable
from pipeline_health.adapters.dynamodb import to_item
from pipeline_health.adapters.job_items import described
from pipeline_health.adapters.keys import job_key
from pipeline_health.domain.build import Status
from pipeline_health.domain.jobs import JobSighting
from pipeline_health.domain.times import SECOND
from pipeline_health.flows.ingest import Result

_LEAD: Final = (
    "SET job = :job, version = :version, updated_at = :now, "
    "expires_at = if_not_exists(expires_at, :expires_at)"
)
_LEADS: Final = "attribute_not_exists(pk) OR version < :version"


class DynamoStore(DynamoBuilds):
    """Builds and their jobs, in one table."""

    def record_job(self, sighting: JobSighting, now: int) -> Result:
        try:
            with unavailable():
                answer = self._client.update_item(**self._job_request(sighting, now))
        except self._client.exceptions.ConditionalCheckFailedException:
            return Result.UNCHANGED
        return Result.UPDATED if "Attributes" in answer else Result.CREATED

    def _job_request(self, sighting: JobSighting, now: int) -> dict[str, Any]:
        job = sighting.job
        news = {} if job.status is Status.QUEUED else {":news": "1"}  # nothing follows from a job that waits
        return {
            "TableName": self._table,
            "Key": to_item(job_key(job)),
            "UpdateExpression": f"{_LEAD}, news = :news" if news else _LEAD,
            "ConditionExpression": _LEADS,
            "ExpressionAttributeValues": to_item(
                {
                    ":job": described(job),
                    ":version": sighting.version,
                    ":now": now,
                    ":expires_at": (now + self._retention) // SECOND,
                    **news,
                }
            ),
            "ReturnValues": "UPDATED_OLD",
        }
