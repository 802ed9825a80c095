"""Answers about builds and pipelines, as OpenAPI documents them and the tests hold us to them."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline_health.domain import events
from pipeline_health.domain.build import Status

BUILD_EXAMPLE: Final[dict[str, Any]] = {
    "id": "github.4711.990001.15720345678.1",
    "provider": "github",
    "repo": "acme/shop",
    "pipeline": "CI",
    "pipeline_id": "github.4711.990001",
    "branch": "main",
    "commit": "9f2c1e0b7a6d5c4f3e2d1c0b9a8f7e6d5c4b3a21",
    "number": 128,
    "attempt": 1,
    "status": "failure",
    "conclusion": "timed_out",
    "event": "push",
    "actor": "ada",
    "queued_at": "2026-11-23T09:59:30Z",
    "started_at": "2026-11-23T10:00:00Z",
    "completed_at": "2026-11-23T10:04:12Z",
    "duration_seconds": 252,
    "queue_seconds": 30,
    "url": "https://github.com/acme/shop/actions/runs/15720345678",
    "title": "Add the basket",
    "created_at": "2026-11-23T10:00:01Z",
    "updated_at": "2026-11-23T10:04:13Z",
}

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


def described(text: str) -> Any:
    return Field(description=text)


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class FieldProblem(Answer):
    field: Annotated[str, described("The parameter that is to blame.")]
    message: Annotated[str, described("What is wrong with it, and what is allowed.")]


class Problem(Answer):
    """RFC 9457, as application/problem+json."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Unprocessable Content",
                "status": 422,
                "detail": "window must be a number of hours, days or weeks such as 24h, 7d or 4w",
                "errors": [{"field": "window", "message": "must be a number of hours, days or weeks"}],
            }
        },
    )

    type: Annotated[str, described("Always about:blank: the status says what kind of problem it is.")]
    title: Annotated[str, described("The HTTP status in words.")]
    status: Annotated[int, described("The HTTP status.")]
    detail: Annotated[str, described("What went wrong, for people.")]
    errors: Annotated[list[FieldProblem], described("The parameters that are to blame.")] = []


class Build(Answer):
    """One attempt of one run of a pipeline, as its sender last described it."""

    model_config = ConfigDict(json_schema_extra={"example": BUILD_EXAMPLE})

    id: Annotated[str, described("Unique over all senders, without `/`.")]
    provider: Annotated[str, described("The sender: github, jenkins, ...")]
    repo: Annotated[str, described("The repository, as its sender names it.")]
    pipeline: Annotated[str, described("The pipeline's name: a label, not unique.")]
    pipeline_id: Annotated[str, described("The pipeline's identity, which a rename does not change.")]
    branch: Annotated[str, described("The branch that was built.")]
    commit: Annotated[str | None, described("The commit that was built.")]
    number: Annotated[int | None, described("The sender's running number; a re-run keeps it.")]
    attempt: Annotated[int, described("1, and one more for each re-run. Every attempt is its own build.")]
    status: Annotated[
        Status, described("Where it stands, in one set of words for all senders; it never goes back.")
    ]
    conclusion: Annotated[str | None, described("The sender's own word, such as timed_out or UNSTABLE.")]
    event: Annotated[str | None, described("What set it off, such as push.")]
    actor: Annotated[str | None, described("Who set it off.")]
    queued_at: Annotated[Time | None, described("When it was queued, where the sender says so.")]
    started_at: Annotated[Time | None, described("When this attempt started.")]
    completed_at: Annotated[Time | None, described("When it completed; null before that.")]
    duration_seconds: Annotated[
        float | None,
        described(
            "GitHub: updated_at - run_started_at of the completed event; Jenkins: its `duration`; else "
            "completed_at - started_at."
        ),
    ]
    queue_seconds: Annotated[
        float | None,
        described(
            "started_at - queued_at where the sender says both; GitHub: first job's started_at - "
            "run_started_at."
        ),
    ]
    url: Annotated[str | None, described("Its page at the sender.")]
    title: Annotated[str | None, described("What the sender calls it, such as the commit's message.")]
    created_at: Annotated[Time | None, described("When it was first stored here.")]
    updated_at: Annotated[Time | None, described("When it was last stored here.")]


class FailingStep(Answer):
    number: Annotated[int, described("Where it stands in the job.")]
    name: str
    conclusion: Annotated[str, described("The sender's own word.")]
    url: Annotated[str | None, described("The job's page at the sender.")]


class Job(Answer):
    """A part of a build (GitHub Actions). Jobs never count as builds."""

    id: Annotated[str, described("GitHub's id of it.")]
    name: Annotated[str, described("As GitHub shows it: with its matrix.")]
    status: Annotated[Status, described("Where it stands, in the words for builds.")]
    conclusion: Annotated[str | None, described("The sender's own word.")]
    created_at: Annotated[Time | None, described("When it was queued.")]
    started_at: Annotated[Time | None, described("When a machine began to work on it, if one did.")]
    completed_at: Annotated[Time | None, described("When it completed; null before that.")]
    duration_seconds: Annotated[float | None, described("completed_at - started_at.")]
    queue_seconds: Annotated[float | None, described("started_at - created_at.")]
    url: Annotated[str | None, described("Its page at the sender.")]
    failing_step: Annotated[
        FailingStep | None, described("The step at which it failed first; null where it did not fail.")
    ]


JOB_EXAMPLE: Final[dict[str, Any]] = {
    "id": "42893345671",
    "name": "test (3.13)",
    "status": "failure",
    "conclusion": "failure",
    "created_at": "2026-11-23T10:00:01Z",
    "started_at": "2026-11-23T10:00:09Z",
    "completed_at": "2026-11-23T10:04:10Z",
    "duration_seconds": 241,
    "queue_seconds": 8,
    "url": "https://github.com/acme/shop/actions/runs/15720345678/job/42893345671",
    "failing_step": {
        "number": 6,
        "name": "Run pytest",
        "conclusion": "failure",
        "url": "https://github.com/acme/shop/actions/runs/15720345678/job/42893345671",
    },
}
DETAILED_EXAMPLE: Final = {**BUILD_EXAMPLE, "logs": "E   AssertionError: 2 != 3", "jobs": [JOB_EXAMPLE]}


class BuildWithLogs(Build):
    """A build with its log excerpt and its jobs."""

    model_config = ConfigDict(json_schema_extra={"example": DETAILED_EXAMPLE})

    logs: Annotated[str | None, described("The end of its log, at most 8 KiB, where the sender gave any.")]
    jobs: Annotated[
        list[Job],
        described("Its jobs, in the order of their creation, where the sender tells of them; at most 500."),
    ]


Next = Annotated[
    str | None, described("`cursor` of the next page; null where there is none. A page may be short.")
]


class Builds(Answer):
    """Newest started first."""

    builds: list[Build]
    next: Next


class Streak(Answer):
    status: Annotated[Literal["success", "failure"], described("How they ended.")]
    builds: Annotated[int, described("How many conclusive builds in a row ended like this.")]
    since: Annotated[Time, described("When the first of them completed.")]
    first_build: Annotated[str, described("Id of the first of them.")]
    last_build: Annotated[str, described("Id of the last of them.")]


class BrokenBranch(Answer):
    branch: str
    since: Annotated[Time, described("Completion of the first failure of its open streak.")]


class RecentBuild(Answer):
    """One build in a pipeline's strip, on any branch."""

    id: Annotated[str, described("GET /builds/{id} tells the rest.")]
    branch: str
    status: Status
    started_at: Annotated[Time | None, described("When it started; before that, when it was queued.")]
    duration_seconds: Annotated[float | None, described("null until it has completed.")]


class Pipeline(Answer):
    """How a pipeline stands: by its default branch, else by its last active one."""

    id: Annotated[str, described("The pipeline's identity.")]
    provider: str
    repo: str
    name: str
    default_branch: Annotated[
        str | None, described("The sender's word; null where it does not say (then main or master count).")
    ]
    branch: Annotated[str | None, described("The branch that its status, streak and `broken_since` are of.")]
    status: Annotated[
        Status | None, described("Of the newest build of its default branch, else of its last active one.")
    ]
    streak: Annotated[
        Streak | None,
        described("Success and failure only: cancelled and skipped builds neither break nor fix."),
    ]
    broken_since: Annotated[
        Time | None, described("Completion of the first failure of the open streak; null while it is green.")
    ]
    broken_branches: Annotated[
        list[BrokenBranch], described("Every branch that is broken, the latest to break first; at most 50.")
    ]
    last_build: Annotated[Build | None, described("The build that started last, on any branch.")]
    recent: Annotated[list[RecentBuild], described("As many as `recent` asks for, newest first.")]


class Pipelines(Answer):
    """By id."""

    pipelines: list[Pipeline]
    next: Next


class Change(Answer):
    """success to failure: broken. failure to success: fixed. The first build of all, if it failed: broken."""

    change: Annotated[events.Change, described("Against the last conclusive build of the branch.")]
    provider: str | None
    repo: str
    pipeline: Annotated[str | None, described("The pipeline's name; null once the build is gone.")]
    pipeline_id: Annotated[str, described("The pipeline's identity.")]
    branch: str
    build: Annotated[Build | None, described("The build that made the change; null once it is gone.")]
    at: Annotated[Time, described("When that build completed.")]


class Changes(Answer):
    """Newest first."""

    changes: list[Change]
    next: Next


class Config(Answer):
    """What a page needs to know."""

    websocket_url: Annotated[str, described("Where builds are told the moment they change.")]
    auth: Annotated[bool, described("Whether a token is needed.")]
    version: Annotated[str, described("The version that is deployed.")]


class Health(Answer):
    status: Literal["ok"]
