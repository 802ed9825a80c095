"""Reading a table that is busy: what it leaves unread is asked for again, but not for ever."""

from typing import Any

import pytest

from pipeline_health.adapters.outage import Busy, is_passing
from pipeline_health.adapters.table_reading import TRIES, TableReading

KEYS = [{"pk": "p", "sk": str(n)} for n in range(4)]


class Reluctant:
    """Answers one key of each batch, as long as it is willing."""

    def __init__(self, willing: int) -> None:
        self.willing = willing
        self.asked = 0

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803  # boto3's name
        keys = RequestItems["table"]["Keys"]
        self.asked += 1
        done = 1 if self.asked <= self.willing else 0
        left = {"table": {"Keys": keys[done:]}} if keys[done:] else {}
        return {"Responses": {"table": keys[:done]}, "UnprocessedKeys": left}


def test_it_asks_again_for_what_was_left_unread() -> None:
    client: Any = Reluctant(willing=4)
    assert [item["sk"]["S"] for item in TableReading(client, "table").get_many(KEYS)] == ["0", "1", "2", "3"]


def test_it_gives_up_on_a_table_that_stays_busy() -> None:
    client: Any = Reluctant(willing=1)
    with pytest.raises(Busy) as refused:
        TableReading(client, "table").get_many(KEYS)
    assert client.asked == TRIES
    assert is_passing(refused.value)
