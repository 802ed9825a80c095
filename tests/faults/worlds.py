"""The five functions as AWS calls them, each with its world on moto and all that can be seen of its work."""

import json
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final, Protocol

import boto3
import pytest
from moto.apigatewaymanagementapi.models import ApiGatewayManagementApiBackend
from moto.core.exceptions import JsonRESTError
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends
from mypy_boto3_dynamodb import DynamoDBClient

from functions.alerts import app as alerts
from functions.ingest import app as ingest
from functions.metrics import aggregate
from functions.ws_connect import broadcast
from pipeline_health.adapters import dynamodb as shared
from pipeline_health.adapters import ses, topic
from pipeline_health.adapters.builds import DynamoBuilds, writing_client
from pipeline_health.adapters.connections import ConnectionTable
from pipeline_health.adapters.secrets import secrets_client
from pipeline_health.domain.build import Build, Sighting, Status, version_of
from pipeline_health.domain.events import BuildEvents, Change
from pipeline_health.domain.subscription import Connection, Filter
from pipeline_health.flows.alerts import LEASE
from tests.adapters.test_rebuild import contents
from tests.alert_examples import NOON, event
from tests.faults.jobs_world import Jobs
from tests.faults.wire import ACCOUNT, REGION, items_of
from tests.flows.test_aggregate import a_build
from tests.functions.ingest_events import event as webhook
from tests.functions.test_reconcile import Context
from tests.ingesting import NOW, SECRET, encoded, github_run, signature
from tests.live import an_event, sns_event

Record = dict[str, Any]


class World(Protocol):
    """`call` is what AWS does, with the same event each time; `reset` unsays what was told; `end` is what
    must come out the same. `memory` is what a process knows beside its clients; all of it is in `caches`."""

    function: str
    caches: tuple[Any, ...]
    memory: tuple[Any, ...]
    now: int

    def call(self) -> None: ...
    def reset(self) -> None: ...
    def end(self) -> Any: ...


def _secret(name: str, **values: str) -> str:
    return boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(values))["ARN"]


class Refused(Exception):
    """A sender is told that its delivery is not stored."""


class Ingest:
    function = "IngestFunction"
    caches = (ingest._settings, ingest._store, ingest._secrets, writing_client, secrets_client)
    memory = (ingest._secrets,)
    now = NOW

    def __init__(self, client: DynamoDBClient, patch: pytest.MonkeyPatch) -> None:
        self._client = client
        for name, value in {
            "BUILDS_TABLE": "BuildsTable",
            "AUTH": "on",
            "WEBHOOK_SECRET_ARN": _secret("webhook", webhook=SECRET.decode()),
        }.items():
            patch.setenv(name, value)
        patch.setattr(ingest, "time", SimpleNamespace(time_ns=lambda: self.now * 1_000_000))
        body = encoded(github_run())
        signed = {"X-GitHub-Event": "workflow_run", "X-Hub-Signature-256": signature(body)}
        self._event = webhook("github", body.decode(), signed)

    def call(self) -> None:
        """What GitHub is refused it does not send again: a person, or reconcile, has it do so."""
        answer = ingest.handler(self._event, Context())
        if answer["statusCode"] not in (200, 201):
            raise Refused(answer)

    def reset(self) -> None:
        pass

    def end(self) -> Any:
        return items_of(self._client, "BuildsTable")


class Aggregate:
    """A build that is corrected into the past, so that another heads its pipeline; one that comes late and
    splits a streak; one of another pipeline; and a record that nobody can read. Told in several messages."""

    function = "AggregateFunction"
    caches = (aggregate.flow, shared.client)
    memory = ()
    now = NOW

    def __init__(self, client: DynamoDBClient, patch: pytest.MonkeyPatch) -> None:
        self._client = client
        arn = boto3.client("sns").create_topic(Name="events")["TopicArn"]
        self._sent = sns_backends[ACCOUNT][REGION].topics[arn].sent_notifications
        for name, value in {
            "BUILDS_TABLE": "BuildsTable",
            "METRICS_TABLE": "MetricsTable",
            "EVENTS_TOPIC_ARN": arn,
            "SET_ASIDE_TABLE": "SetAsideTable",
            "DEFAULT_BRANCHES": "main",
        }.items():
            patch.setenv(name, value)
        patch.setattr(aggregate, "now", lambda: self.now)
        patch.setattr(aggregate, "pause", lambda _: None)
        patch.setattr(topic, "MESSAGE_LIMIT", 1)
        forget(self.caches)
        history = [a_build(20), a_build(30)]
        aggregate.handler({"Records": [self._record(build) for build in history]}, Context())
        self._batch = [
            self._record(a_build(30, started_at=a_build(10).started_at), sent_at=NOW + 1),
            self._record(a_build(25, Status.FAILURE, run="late", started_at=a_build(5).started_at)),
            {"eventName": "INSERT", "dynamodb": {"NewImage": {}}},
            self._record(a_build(40, Status.FAILURE, pipeline_id="github.1.3")),
        ]

    def _record(self, build: Build, sent_at: int = NOW) -> Record:
        """Stored as ingest does, and as the table's stream tells of it."""
        version = version_of(build.status, webhook=True, phase=0, sent_at=sent_at, body=build.id.encode())
        DynamoBuilds(self._client, "BuildsTable", 400).record(Sighting(build=build, version=version), NOW)
        key = {"pk": {"S": build.pipeline_id}, "sk": {"S": f"{build.run}.{build.attempt}"}}
        image = self._client.get_item(TableName="BuildsTable", Key=key)["Item"]
        return {"eventName": "MODIFY", "dynamodb": {"Keys": key, "NewImage": image}}

    def call(self) -> None:
        aggregate.handler({"Records": self._batch}, Context())

    def reset(self) -> None:
        self._sent.clear()

    def end(self) -> Any:
        """Receivers know an event that is told twice by its build and revision."""
        told = {message for _, message, *_ in self._sent}
        return contents(self._client), items_of(self._client, "SetAsideTable"), told


class Gone(JsonRESTError):
    code = 410


class Broadcast:
    """Two that listen, one that wants something else, and one that left without a word."""

    function = "BroadcastFunction"
    caches = (broadcast._settings, broadcast._connections, broadcast._sockets)
    memory = ()
    now = NOW

    def __init__(self, client: DynamoDBClient, patch: pytest.MonkeyPatch) -> None:
        self._client = client
        self._heard: set[tuple[str, bytes]] = set()
        patch.setenv("CONNECTIONS_TABLE", "ConnectionsTable")
        patch.setenv("WEBSOCKET_ENDPOINT", "https://abcd1234.execute-api.eu-west-1.amazonaws.com/ws")
        patch.setattr(broadcast, "now", lambda: self.now + 60_000)
        patch.setattr(ApiGatewayManagementApiBackend, "post_to_connection", self._post)
        table = ConnectionTable(client, "ConnectionsTable")
        for connection_id in ("one", "other", "gone"):
            table.open(Connection(connection_id, NOW))
        table.open(Connection("elsewhere", NOW, Filter(repo=("acme/api",))))

    def _post(self, data: bytes, connection_id: str) -> None:
        if connection_id == "gone":
            raise Gone("GoneException", "")
        self._heard.add((connection_id, data))

    def call(self) -> None:
        news = BuildEvents(events=(an_event(run="1", change="broken"), an_event(run="2")))
        broadcast.handler(sns_event(news), Context())

    def reset(self) -> None:
        self._heard.clear()

    def end(self) -> Any:
        """A message says how builds are, so hearing it twice changes nothing."""
        return items_of(self._client, "ConnectionsTable"), frozenset(self._heard)


class Alerts:
    """Two changes, by mail; brought again a minute later, as Lambda does."""

    function = "AlertsFunction"
    caches = (alerts._settings, alerts._secrets, alerts._claims, shared.client, secrets_client, ses.client)
    memory = (alerts._secrets,)
    now = NOON

    def __init__(self, client: DynamoDBClient, patch: pytest.MonkeyPatch) -> None:
        self._client = client
        for name in ("SMTP_HOST", "ALLOW_INSECURE_RECEIVERS"):
            patch.delenv(name, raising=False)
        for name, value in {
            "CLAIMS_TABLE": "ClaimsTable",
            "ALERT_ON": "change",
            "ALERT_BRANCHES": "default",
            "ALERT_MAX_AGE_SECONDS": "2592000",  # the most: what is not told again is known, not just too old
            "ALERT_EMAIL_FROM": "ci@acme.example",
            "ALERT_EMAIL_TO": "ada@acme.example",
            "ALERTS_SECRET_ARN": _secret("alerts", slack_webhook="", smtp_user="", smtp_pass=""),
        }.items():
            patch.setenv(name, value)
        boto3.client("sesv2").create_email_identity(EmailIdentity="ci@acme.example")
        patch.setattr(alerts, "now", lambda: self.now)

    def call(self) -> None:
        news = BuildEvents(events=(event(), event(Change.FIXED, flip=2)))
        self.now += LEASE
        context: Any = Context(milliseconds=20_000)
        alerts.handler(sns_event(news), context)

    def reset(self) -> None:
        self.now = NOON
        ses_backends[ACCOUNT][REGION].sent_messages.clear()

    def end(self) -> Any:
        standing = {pk: item["standing"]["S"] for pk, item in items_of(self._client, "ClaimsTable").items()}
        return standing, set(self.mails())

    def mails(self) -> Counter[str]:
        """How often each was sent."""
        return Counter(mail.subject for mail in ses_backends[ACCOUNT][REGION].sent_messages)


def forget(caches: tuple[Any, ...]) -> None:
    for cached in caches:
        cached.cache_clear()


WORLDS: Final[dict[str, Callable[[DynamoDBClient, pytest.MonkeyPatch], World]]] = {
    "ingest": Ingest,
    "aggregate": Aggregate,
    "broadcast": Broadcast,
    "alerts": Alerts,
    "jobs": Jobs,
}
