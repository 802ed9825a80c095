"""A build event: what the aggregate function tells the rest of the product once a build is counted."""

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from pipeline_health.domain.build import Build


class Change(StrEnum):
    """How a conclusive build compares with the last conclusive one of its pipeline and branch."""

    BROKEN = "broken"
    STILL_FAILING = "still_failing"
    FIXED = "fixed"


class BuildEvent(BaseModel):
    """One build as stored, and the change it made when it became the head of its branch (else None).

    `flip` numbers the changes of direction of a branch (1, 2, ...): a still failing build carries the flip
    that broke it. `since` is the instant the branch broke: completion of the first failure of the streak
    that is open (broken, still_failing) or that this build closed (fixed). `streak` is how many conclusive
    builds in a row, this one included, ended as it did. `default` says whether its branch is the default one.
    The same event may be told more than once; (build.id, revision) tells them apart.
    """

    model_config = ConfigDict(frozen=True)

    build: Build
    revision: int
    default: bool = False
    change: Change | None = None
    flip: int = 0
    since: int | None = None
    streak: int = 0


class BuildEvents(BaseModel):
    """The body of one message on the topic: everything that one batch of the stream changed."""

    model_config = ConfigDict(frozen=True)

    events: tuple[BuildEvent, ...]


CHANGES_ATTRIBUTE: Final = "changes"  # the message attribute (String.Array) that subscriptions filter on
