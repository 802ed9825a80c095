"""How far along stored builds are."""

from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters.builds import DynamoBuilds
from pipeline_health.adapters.builds_known import KnownBuilds
from tests.ingesting import NOW, github, github_run, sighted


def test_it_tells_how_far_builds_are_and_leaves_out_strangers(dynamodb: DynamoDBClient) -> None:
    table = DynamoBuilds(dynamodb, "BuildsTable", 400)
    for number, status in enumerate(["queued", "in_progress", "completed"]):
        conclusion = "success" if status == "completed" else None
        run = github_run(id=100 + number, status=status, conclusion=conclusion)
        table.record(sighted("github", github(run)), NOW)
    asked = [f"github.77.4242.{run}.1" for run in (100, 101, 102, 103, 100)]
    assert KnownBuilds(dynamodb, "BuildsTable").ranks(asked) == {
        "github.77.4242.100.1": 0,
        "github.77.4242.101.1": 1,
        "github.77.4242.102.1": 2,
    }
    assert KnownBuilds(dynamodb, "BuildsTable").ranks([]) == {}
