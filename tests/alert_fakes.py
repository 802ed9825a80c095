"""Claims and a receiver in memory."""

from dataclasses import dataclass, field

from pipeline_health.domain.alert import Alert
from pipeline_health.flows.delivery import Claim, Standing
from tests.alert_examples import NOON


@dataclass
class Claimed:
    """The rules of claims, in memory."""

    now: int = NOON
    items: dict[tuple[str, ...], tuple[Standing, str, int]] = field(default_factory=dict)

    def take(self, claim: Claim, now: int, until: int) -> Standing:
        standing, _, held_until = self.items.get(_key(claim), (Standing.SENDING, "", 0))
        if standing is not Standing.SENDING or held_until > now:
            return standing
        self.items[_key(claim)] = (Standing.SENDING, claim.owner, until)
        return Standing.OURS

    def mark_sent(self, claim: Claim) -> None:
        self.items[_key(claim)] = (Standing.SENT, claim.owner, 0)

    def mark_refused(self, claim: Claim) -> None:
        self.items[_key(claim)] = (Standing.REFUSED, claim.owner, 0)

    def give_back(self, claim: Claim, at: int) -> None:
        self.items[_key(claim)] = (Standing.SENDING, claim.owner, at)


def _key(claim: Claim) -> tuple[str, ...]:
    return (claim.channel, *claim.identity)


@dataclass
class Receiver:
    """Takes what it is sent, after raising what it was told to raise, one error for each sending."""

    raises: list[Exception] = field(default_factory=list)
    told: list[Alert] = field(default_factory=list)

    def send(self, alert: Alert) -> None:
        if self.raises:
            raise self.raises.pop(0)
        self.told.append(alert)
