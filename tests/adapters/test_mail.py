"""An alert as a mail: HTML and plain text alike, and no name gets out of its place."""

from html.parser import HTMLParser

import pytest

from pipeline_health.adapters.mail import compose
from pipeline_health.domain.events import Change
from tests.alert_examples import HOSTILE, alert, named


class Page(HTMLParser):
    """Its tags, links and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_it_says_the_same_in_text_and_in_html() -> None:
    mail = compose(alert())
    said = " ".join(Page(mail.html).words)
    for words in ("Broken since 2026-11-23 12:00 UTC.", "acme/api", "0123456789", "ada", "2 min 5 s"):
        assert words in said
        assert words in mail.text
    assert mail.subject == "Broken: acme/api · CI on main"


def test_it_links_to_the_build() -> None:
    mail = compose(alert(url="https://ci.example/?a=1&b=2"))
    assert Page(mail.html).links == ["https://ci.example/?a=1&b=2"]
    assert "\nhttps://ci.example/?a=1&b=2\n" in mail.text


def test_it_has_no_link_where_the_sender_gave_none() -> None:
    assert Page(compose(alert(url=None, title=None)).html).links == []


@pytest.mark.parametrize("name", HOSTILE)
def test_it_lets_no_name_become_html(name: str) -> None:
    hostile, tame = compose(named(name)), compose(named("tame"))
    assert Page(hostile.html).tags == Page(tame.html).tags
    assert len(hostile.subject.splitlines()) == 1


def test_it_lets_no_url_out_of_its_attribute() -> None:
    page = Page(compose(alert(url='https://ci.example/"onclick="x')).html)
    assert page.links == ['https://ci.example/"onclick="x']


def test_it_has_the_same_id_however_often_it_is_sent_and_another_for_another_alert() -> None:
    assert compose(alert()).id == compose(alert(title="said later")).id
    assert compose(alert()).id != compose(alert(Change.FIXED, flip=2)).id
