"""The list of builds as text, in pages as long as an answer may be."""

from dataclasses import dataclass

from pipeline_health.api.export import Exported, Lines, packed
from pipeline_health.api.output_questions import ExportQuestion
from pipeline_health.domain.newest import filled
from pipeline_health.flows.reading import Reading


@dataclass(frozen=True)
class Exporting:
    reading: Reading

    def page(self, asked: ExportQuestion, now: int, lines: Lines) -> Exported:
        stretch = self.reading.stretch(asked, now)
        builds, reached = filled(self.reading.slices(asked, stretch), stretch.below, asked.limit)
        text, written = packed(lines(build for _, build in builds))
        if written < len(builds):
            reached = builds[written - 1][0]
        return Exported(text, asked.next(reached))
