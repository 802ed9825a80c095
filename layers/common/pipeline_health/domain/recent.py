"""The newest builds of a pipeline or branch, kept short and always right whatever is corrected later."""

from dataclasses import dataclass, field, replace

from pipeline_health.domain.build import Build, Status

Order = tuple[int, int, str]  # (started, attempt, run), within one pipeline


def order(build: Build) -> Order:
    return (build.at, build.attempt, build.run)


@dataclass(frozen=True)
class Recent:
    """One build in a strip of recent ones."""

    at: int
    attempt: int
    run: str
    status: Status
    duration_ms: int | None = None
    branch: str = ""

    @classmethod
    def of(cls, build: Build) -> "Recent":
        return cls(build.at, build.attempt, build.run, build.status, build.duration_ms, build.branch)

    @property
    def order(self) -> Order:
        return (self.at, self.attempt, self.run)

    def same_as(self, other: "Recent") -> bool:
        return (self.run, self.attempt) == (other.run, other.attempt)


@dataclass(frozen=True)
class Strip:
    """The newest builds, newest first. `cut` says that there are older ones that it does not hold.

    What it holds is exact. A build corrected to before its end has an unknown place among the older ones, so
    it leaves, and the strip is shorter until newer builds come; only an empty one takes whatever it is given.
    """

    builds: tuple[Recent, ...] = field(default=())
    cut: bool = False

    def with_build(self, new: Recent, limit: int) -> "Strip":
        others = self.without(new).builds
        if self.cut and others and new.order < others[-1].order:
            return Strip(others, cut=True)
        merged = sorted([*others, new], key=lambda build: build.order, reverse=True)
        return Strip(tuple(merged), self.cut).shortened(limit)

    def shortened(self, limit: int) -> "Strip":
        return Strip(self.builds[:limit], self.cut or len(self.builds) > limit)

    def without(self, gone: Recent) -> "Strip":
        return replace(self, builds=tuple(build for build in self.builds if not build.same_as(gone)))
