"""The tables that the adapters count on."""

from mypy_boto3_dynamodb import DynamoDBClient

from tests.template import resources

TABLES = resources("AWS::DynamoDB::Table")


def test_it_keeps_six_tables(dynamodb: DynamoDBClient) -> None:
    assert set(dynamodb.list_tables()["TableNames"]) == {
        "BuildsTable",
        "MetricsTable",
        "ConnectionsTable",
        "ClaimsTable",
        "SetAsideTable",
        "TicketsTable",
    }


def test_it_lets_what_ages_expire(dynamodb: DynamoDBClient) -> None:
    expiring = {
        name: dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"].get("AttributeName")
        for name in TABLES
    }
    assert expiring == {
        "BuildsTable": "expires_at",
        "MetricsTable": None,
        "ConnectionsTable": "expires_at",
        "ClaimsTable": "expires_at",
        "SetAsideTable": None,
        "TicketsTable": "expires_at",
    }


def test_it_lists_builds_without_their_logs() -> None:
    indexes = TABLES["BuildsTable"]["Properties"]["GlobalSecondaryIndexes"]
    assert [index["IndexName"] for index in indexes] == ["recent", "by_pipeline"]
    for index in indexes:
        assert index["Projection"] == {
            "ProjectionType": "INCLUDE",
            "NonKeyAttributes": [
                "build",
                "queued_at",
                "first_job_at",
                "revision",
                "created_at",
                "updated_at",
            ],
        }


def test_it_streams_both_images_of_a_build() -> None:
    assert (
        TABLES["BuildsTable"]["Properties"]["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    )


def test_it_encrypts_every_table_and_bills_none_that_idles() -> None:
    for table in TABLES.values():
        assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
        assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"


def test_it_can_restore_what_cannot_be_recomputed() -> None:
    for name in ("BuildsTable", "MetricsTable"):
        assert TABLES[name]["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert TABLES[name]["DeletionPolicy"] == "Retain"
