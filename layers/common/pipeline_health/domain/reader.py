"""Who was let in to read."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final


@dataclass(frozen=True)
class Reader:
    """`pass_id` names what let them in, so that what was opened with it can be closed when it is taken back;
    `until`, an instant, where it ends by itself."""

    pass_id: str
    until: int | None = None

    def is_over(self, now: int) -> bool:
        return self.until is not None and now >= self.until


ANYBODY: Final = Reader("")  # where nobody is asked for anything


def pass_id(*shown: str) -> str:
    """A digest: who reads it lets nobody in."""
    return sha256("\0".join(shown).encode("utf-8", "surrogatepass")).hexdigest()[:32]
