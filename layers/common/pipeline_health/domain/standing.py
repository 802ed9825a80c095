"""How a pipeline stands, as other tools ask: less than its card, which takes ten times as long to read."""

from dataclasses import dataclass, field

from pipeline_health.domain.build import Status
from pipeline_health.domain.named import Named
from pipeline_health.domain.totals import Totals


@dataclass(frozen=True)
class Ended:
    """The last conclusive build of a branch; `number` where it is the pipeline's newest one, too."""

    status: Status
    at: int
    number: int | None = None


@dataclass(frozen=True)
class Standing:
    """`newest` is how the newest build of the branch that its status comes from stands; `ended` is of that
    branch, too. `states` are those of its newest builds on any branch.
    """

    named: Named
    newest: Status
    ended: Ended | None
    states: tuple[Status, ...] = ()
    totals: Totals = field(default_factory=Totals)

    @property
    def running(self) -> bool:
        return not self.newest.completed

    @property
    def broken(self) -> bool:
        return self.ended is not None and self.ended.status is Status.FAILURE
