"""A running stack's tables, queue and flow, for commands that mend: this machine's, or STACK=name on AWS."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from local.secret import place
from pipeline_health.adapters.aside import JOBS, SetAsideTable
from pipeline_health.adapters.builds_stored import StoredBuilds, stored_from
from pipeline_health.adapters.clock import now, pause
from pipeline_health.adapters.counts import CountsTable
from pipeline_health.adapters.jobs_stored import JobsTable, news_from
from pipeline_health.adapters.topic import EventsTopic
from pipeline_health.flows.aggregation import Aggregation
from pipeline_health.flows.jobs import Counting

RETENTION_DAYS: Final = 400  # the parameter's default


@dataclass(frozen=True)
class Workbench:
    client: Callable[[str], Any]
    stack: str

    @classmethod
    def here(cls) -> "Workbench":
        client, stack, _ = place()
        return cls(client, stack)

    def resource(self, logical_id: str) -> str:
        """Its name on AWS; of a queue its URL."""
        found = self.client("cloudformation").describe_stack_resource(
            StackName=self.stack, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    @cached_property
    def told(self) -> dict[str, str]:
        """What the aggregate function is told: its tables and its settings."""
        configuration = self.client("lambda").get_function_configuration(
            FunctionName=self.resource("AggregateFunction")
        )
        variables: dict[str, str] = configuration["Environment"]["Variables"]
        return variables

    @cached_property
    def retention_days(self) -> int:
        (described,) = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        given = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
        return int(given.get("RetentionDays") or RETENTION_DAYS)

    @cached_property
    def aside(self) -> SetAsideTable:
        return SetAsideTable(self.client("dynamodb"), self.told["SET_ASIDE_TABLE"], now)

    @cached_property
    def jobs_aside(self) -> SetAsideTable:
        return SetAsideTable(self.client("dynamodb"), self.told["SET_ASIDE_TABLE"], now, JOBS)

    @cached_property
    def counting_jobs(self) -> Counting:
        tables = self.told["BUILDS_TABLE"], self.told["METRICS_TABLE"]
        return Counting(
            jobs=JobsTable(self.client("dynamodb"), *tables),
            aside=self.jobs_aside,
            read=news_from,
            pause=pause,
            now=now,
        )

    @cached_property
    def builds(self) -> StoredBuilds:
        return StoredBuilds(self.client("dynamodb"), self.told["BUILDS_TABLE"])

    @cached_property
    def aggregation(self) -> Aggregation:
        return Aggregation(
            counts=CountsTable(self.client("dynamodb"), self.told["METRICS_TABLE"]),
            builds=self.builds,
            topic=EventsTopic(self.client("sns"), self.told["EVENTS_TOPIC_ARN"]),
            aside=self.aside,
            read=stored_from,
            pause=pause,
            default_names=frozenset(self.told["DEFAULT_BRANCHES"].split(",")),
        )
