"""The jobs function as AWS calls it, with its world on moto."""

from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from functions.jobs import app as jobs
from pipeline_health.adapters import dynamodb as shared
from pipeline_health.adapters.builds import DynamoBuilds
from pipeline_health.adapters.jobs import DynamoStore
from pipeline_health.domain.build import Sighting, Status
from pipeline_health.domain.jobs import Job, JobSighting
from tests.adapters.test_rebuild import contents
from tests.faults.wire import items_of
from tests.flows.test_aggregate import a_build
from tests.functions.test_reconcile import Context
from tests.ingesting import NOW
from tests.jobs import PIPELINE, a_job, failed_at

Record = dict[str, Any]


class Jobs:
    """A build whose jobs came before it, one of them corrected since it was counted, and a bad record."""

    function = "JobsFunction"
    caches = (jobs.flow, shared.client)
    memory = ()
    now = NOW

    def __init__(self, client: DynamoDBClient, patch: pytest.MonkeyPatch) -> None:
        self._client = client
        for name in ("BuildsTable", "MetricsTable", "SetAsideTable"):
            patch.setenv(name.replace("Table", "_TABLE").replace("SetAside", "Set_Aside").upper(), name)
        patch.setattr(jobs, "now", lambda: self.now)
        patch.setattr(jobs, "pause", lambda _: None)
        for cached in self.caches:
            cached.cache_clear()
        failed = a_job(1, Status.FAILURE, failing_step=failed_at(3, "Run pytest"))
        jobs.handler({"Records": [self._build(), self._job(failed, "2a")]}, Context())
        corrected, late = a_job(1), a_job(2, started_at=failed.created_at)
        again = self._build(2)
        self._batch = [
            self._job(corrected, "2b"),
            self._job(late, "2"),
            again,
            {"eventName": "INSERT", "dynamodb": {}},
        ]

    def _build(self, attempt: int = 1) -> Record:
        build = a_build(1, pipeline_id=PIPELINE, run="9", attempt=attempt)
        DynamoBuilds(self._client, "BuildsTable", 400).record(Sighting(build=build, version="2"), NOW)
        return self._record(PIPELINE, f"9.{attempt}")

    def _job(self, job: Job, version: str) -> Record:
        store = DynamoStore(self._client, "BuildsTable", 400)
        store.record_job(JobSighting(job=job, version=version), NOW)
        return self._record(f"jobs#{job.run_id}", f"1.{job.id}")

    def _record(self, pk: str, sk: str) -> Record:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        image = self._client.get_item(TableName="BuildsTable", Key=key)["Item"]
        return {"eventName": "MODIFY", "dynamodb": {"Keys": key, "NewImage": image}}

    def call(self) -> None:
        jobs.handler({"Records": self._batch}, Context())

    def reset(self) -> None:
        pass

    def end(self) -> Any:
        builds = items_of(self._client, "BuildsTable")
        return builds, contents(self._client), items_of(self._client, "SetAsideTable")
