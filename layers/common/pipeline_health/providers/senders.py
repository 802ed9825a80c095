"""Every sender we take webhooks from. A new one is a file beside this one and its name here.

A file is read when its sender first writes: most stacks hear from one or two.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Final, Protocol, cast

from pipeline_health.providers.delivery import Delivery, Parsed


class Sender(Protocol):
    """A file; what it does is pure."""

    def verify(self, delivery: Delivery, secrets: Sequence[bytes]) -> None:
        """Unauthorized where the delivery is not proven to come from who knows one of the secrets."""

    def parse(self, delivery: Delivery) -> Parsed:
        """Refusal where it cannot be used."""


NAMES: Final = ("circleci", "github", "gitlab", "jenkins")


class _Senders(Mapping[str, Sender]):
    def __getitem__(self, provider: str) -> Sender:
        if provider not in NAMES:
            raise KeyError(provider)
        return cast("Sender", import_module(f"pipeline_health.providers.{provider}"))

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


SENDERS: Final[Mapping[str, Sender]] = _Senders()
