"""Who is woken by an alarm finds what it means and what to do."""

import pytest

from tests.template import ROOT, resources

OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("alarm", resources("AWS::CloudWatch::Alarm"))
def test_it_says_what_to_do_about_every_alarm(alarm: str) -> None:
    _, _, entry = OPERATIONS.partition(f"\n## {alarm}\n")
    assert "```sh" in entry.partition("\n## ")[0]


def test_it_has_an_alarm_on_whatever_is_set_aside() -> None:
    watched = str(resources("AWS::CloudWatch::Alarm"))
    assert "SetAsideQueue" in watched
    assert "RecordsSetAside" in watched
