"""How far a backfill came, in a file of its own, so that the same command goes on there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.translate import ROOT
from pipeline_health.domain.build import digest

FOLDER: Final = ROOT / ".local" / "backfill"


@dataclass
class Progress:
    """`until` is where the first try ended: what came later, webhooks brought."""

    file: Path
    until: int
    done: set[str]

    @staticmethod
    def of(*asked: object, until: int, folder: Path | None = None) -> "Progress":
        """What was written down for the same questions, else a new one that ends at `until`."""
        file = (folder or FOLDER) / f"{digest(*map(str, asked))}.json"
        if not file.exists():
            return Progress(file, until, set())
        written = json.loads(file.read_text(encoding="utf-8"))
        return Progress(file, written["until"], set(written["done"]))

    def finish(self, part: str) -> None:
        """Whole or not at all: a file that was half written would stop every later try."""
        self.done.add(part)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps({"until": self.until, "done": sorted(self.done)}), encoding="utf-8")
        fresh.replace(self.file)

    def forget(self) -> None:
        self.file.unlink(missing_ok=True)
