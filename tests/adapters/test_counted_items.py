"""Cards survive the table: what is unknown of a build is not stored, and is unknown again when it is read."""

from pipeline_health.adapters.counted_items import card_from, card_item
from pipeline_health.domain.build import Status
from pipeline_health.domain.pipeline import Branch, Card
from pipeline_health.domain.recent import Recent


def test_it_keeps_the_card_of_a_pipeline_whose_newest_build_still_runs() -> None:
    running = Recent(at=1, attempt=1, run="7", status=Status.IN_PROGRESS, branch="a b")
    card = Card(pipeline_id="github.1.2", shown=Branch("main", newest=running), recent=(running,))
    assert card_from(card_item(card)) == card
