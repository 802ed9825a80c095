"""Who tells what, on the real conditions of DynamoDB."""

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from pipeline_health.adapters.claims import ClaimTable
from pipeline_health.adapters.dynamodb import from_item
from pipeline_health.domain.events import Change
from pipeline_health.domain.times import DAY, SECOND
from pipeline_health.flows.delivery import Claim, Standing
from tests.alert_examples import NOON, alert

LEASE = 60 * SECOND


@pytest.fixture
def claims(dynamodb: DynamoDBClient) -> ClaimTable:
    return ClaimTable(dynamodb, "ClaimsTable")


def claim(owner: str = "one", channel: str = "slack", branch: str = "main") -> Claim:
    return Claim(channel, alert(branch=branch).identity, owner)


def take(claims: ClaimTable, claim: Claim, now: int = NOON) -> Standing:
    return claims.take(claim, now, now + LEASE)


def test_it_gives_a_claim_to_one_alone(claims: ClaimTable) -> None:
    assert take(claims, claim("one")) is Standing.OURS
    assert take(claims, claim("two")) is Standing.SENDING


def test_it_gives_the_claim_again_to_its_holder_whose_answer_was_lost(claims: ClaimTable) -> None:
    take(claims, claim("one"))
    assert take(claims, claim("one")) is Standing.OURS


def test_it_gives_a_crashed_ones_claim_away_when_its_lease_is_over_and_not_before(claims: ClaimTable) -> None:
    take(claims, claim("crashed"))
    assert take(claims, claim("two"), NOON + LEASE - 1) is Standing.SENDING
    assert take(claims, claim("two"), NOON + LEASE) is Standing.OURS


def test_it_gives_nothing_away_that_was_sent(claims: ClaimTable) -> None:
    take(claims, claim("one"))
    claims.mark_sent(claim("one"))
    assert take(claims, claim("two"), NOON + DAY) is Standing.SENT
    assert take(claims, claim("one"), NOON + DAY) is Standing.SENT


def test_it_gives_nothing_away_that_was_refused(claims: ClaimTable) -> None:
    take(claims, claim("one"))
    claims.mark_refused(claim("one"))
    assert take(claims, claim("two"), NOON + DAY) is Standing.REFUSED


def test_it_is_free_at_once_when_given_back(claims: ClaimTable) -> None:
    take(claims, claim("one"))
    claims.give_back(claim("one"), NOON)
    assert take(claims, claim("two")) is Standing.OURS


def test_it_is_free_when_its_holder_says_so(claims: ClaimTable) -> None:
    take(claims, claim("one"))
    claims.give_back(claim("one"), NOON + 30 * SECOND)
    assert take(claims, claim("two"), NOON + 29 * SECOND) is Standing.SENDING
    assert take(claims, claim("two"), NOON + 30 * SECOND) is Standing.OURS


def test_it_lets_a_late_loser_of_a_claim_change_nothing(claims: ClaimTable) -> None:
    take(claims, claim("slow"))
    take(claims, claim("two"), NOON + LEASE)
    claims.give_back(claim("slow"), NOON)
    claims.mark_refused(claim("slow"))
    assert take(claims, claim("three"), NOON + LEASE) is Standing.SENDING


def test_it_stays_sent_when_another_who_took_over_fails(claims: ClaimTable) -> None:
    take(claims, claim("slow"))
    take(claims, claim("two"), NOON + LEASE)
    claims.mark_sent(claim("slow"))
    claims.give_back(claim("two"), NOON)
    claims.mark_refused(claim("two"))
    assert take(claims, claim("three"), NOON + DAY) is Standing.SENT


def test_it_keeps_channels_and_branches_apart(claims: ClaimTable) -> None:
    take(claims, claim())
    assert take(claims, claim(channel="email")) is Standing.OURS
    assert take(claims, claim(branch="next")) is Standing.OURS


@pytest.mark.parametrize("branch", ["\u00e9" * 512, "a#b", "main#1", "~", " "])
def test_it_takes_any_name_of_a_branch(claims: ClaimTable, branch: str) -> None:
    assert take(claims, claim(branch=branch)) is Standing.OURS
    assert take(claims, claim("two", branch=branch)) is Standing.SENDING


def test_it_keeps_a_further_failure_apart_from_the_flip(claims: ClaimTable) -> None:
    take(claims, claim())
    further = Claim("slack", alert(Change.STILL_FAILING).identity, "one")
    assert take(claims, further) is Standing.OURS


def test_it_forgets_after_thirty_days(claims: ClaimTable, dynamodb: DynamoDBClient) -> None:
    take(claims, claim())
    (item,) = dynamodb.scan(TableName="ClaimsTable")["Items"]
    assert from_item(item)["expires_at"] == (NOON + 30 * DAY) // SECOND
