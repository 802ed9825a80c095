"""Every sender we take webhooks from. A new one is a file beside this one and a line here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline_health.providers import circleci, github, github_words, gitlab, jenkins
from pipeline_health.providers.delivery import Delivery, Parsed


@dataclass(frozen=True)
class Sender:
    """`verify` raises Unauthorized, `parse` Refusal; both are pure."""

    verify: Callable[[Delivery, Sequence[bytes]], None]
    parse: Callable[[Delivery], Parsed]


SENDERS: Final[Mapping[str, Sender]] = {
    circleci.PROVIDER: Sender(circleci.verify, circleci.parse),
    github_words.PROVIDER: Sender(github.verify, github.parse),
    gitlab.PROVIDER: Sender(gitlab.verify, gitlab.parse),
    jenkins.PROVIDER: Sender(jenkins.verify, jenkins.parse),
}
