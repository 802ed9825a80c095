"""The jobs of GitHub's runs, and the `workflow_job` webhooks that tell of them.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_job
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from local.demo.github import API, Json, Webhook, organization, person, repository, webhook
from local.demo.history import BAD, CANCELLED, SKIPPED, Run
from local.demo.moments import SECOND, iso
from local.demo.world import ORG, digest, number_of

_CHECKS: Final = ("Install dependencies", "Check the format", "Run the linter", "Check the types")
_TESTS: Final = ("Install dependencies", "Start the database", "Run unit tests", "Run integration tests")
_BUILD: Final = ("Install dependencies", "Compile", "Run tests", "Upload the package")
_DEPLOY: Final = ("Download the package", "Migrate the database", "Roll out", "Smoke tests")


@dataclass(frozen=True)
class Plan:
    """A job of a workflow: from `start` to `end` of the run's time, and how often it is to blame."""

    name: str
    steps: tuple[str, ...]
    start: float = 0
    end: float = 1
    blame: int = 1


_PLANS: Final = {
    "CI": (Plan("lint", _CHECKS, end=0.3), Plan("test", _TESTS, blame=3)),
    "Deploy": (Plan("build", _BUILD, end=0.5), Plan("deploy", _DEPLOY, start=0.5, blame=2)),
}
_OTHERS: Final = (Plan("build", _BUILD),)


@dataclass(frozen=True)
class Job:
    run: Run
    plan: Plan
    conclusion: str
    created_at: int
    started_at: int
    completed_at: int

    @property
    def id(self) -> int:
        return number_of(f"{self.run.id}.{self.run.attempt}.{self.plan.name}", 10**11)


def jobs_of(run: Run) -> list[Job]:
    plans = _PLANS.get(run.pipeline.name, _OTHERS)
    guilty = _guilty(run, plans)
    return [_job(run, plan, guilty) for plan in plans]


def webhooks(run: Run, secret: str) -> Iterator[Webhook]:
    """Queued, in progress (but for jobs that never were), completed."""
    for job in jobs_of(run):
        yield _webhook(job, "queued", job.created_at, secret)
        if job.conclusion != "skipped":
            yield _webhook(job, "in_progress", job.started_at, secret)
        yield _webhook(job, "completed", job.completed_at, secret)


def _guilty(run: Run, plans: tuple[Plan, ...]) -> Plan:
    """Who it is when a run does not pass: the same for the same run."""
    candidates = [plan for plan in plans for _ in range(plan.blame)]
    return candidates[_chance(run, "guilty", len(candidates))]


def _job(run: Run, plan: Plan, guilty: Plan) -> Job:
    took = run.completed_at - run.started_at
    waited = _chance(run, plan.name, 12) * SECOND if plan is not guilty else 0
    started_at = run.started_at + int(took * plan.start) // SECOND * SECOND
    created_at = run.queued_at + SECOND if plan.start == 0 else started_at
    ends = run.started_at + int(took * plan.end) // SECOND * SECOND
    conclusion = _conclusion(run, plan, guilty)
    if conclusion == "skipped":
        return Job(run, plan, conclusion, ends, ends, ends)
    started_at = min(started_at + waited, ends)
    return Job(run, plan, conclusion, created_at, started_at, ends)


def _conclusion(run: Run, plan: Plan, guilty: Plan) -> str:
    if run.conclusion == SKIPPED["github"]:
        return "skipped"
    if run.conclusion in (*BAD["github"], CANCELLED["github"]):
        if plan is guilty:
            return run.conclusion
        return "skipped" if plan.start >= guilty.end else "success"
    return "success"


def _chance(run: Run, what: str, below: int) -> int:
    return number_of(f"{run.id}.{run.attempt}.{what}", 10**6) % below


def _webhook(job: Job, status: str, at: int, secret: str) -> Webhook:
    run, repo = job.run, job.run.pipeline.repo
    payload = {
        "action": status,
        "workflow_job": _workflow_job(job, status),
        "repository": repository(repo, ORG),
        "organization": organization(),
        "sender": person(run.actor or run.push.author),
    }
    return webhook(payload, at, secret, event="workflow_job")


def _workflow_job(job: Job, status: str) -> Json:
    run, full_name = job.run, job.run.pipeline.repo.full_name
    works, ended = status != "queued" and job.conclusion != "skipped", status == "completed"
    machine = number_of(f"{job.id}", 400)
    return {
        "id": job.id,
        "run_id": run.id,
        "workflow_name": run.pipeline.name,
        "head_branch": run.push.branch,
        "run_url": f"{API}/repos/{full_name}/actions/runs/{run.id}",
        "run_attempt": run.attempt,
        "node_id": f"CR_{digest(str(job.id))}",
        "head_sha": run.commit,
        "url": f"{API}/repos/{full_name}/actions/jobs/{job.id}",
        "html_url": f"https://github.com/{full_name}/actions/runs/{run.id}/job/{job.id}",
        "status": status,
        "conclusion": job.conclusion if ended else None,
        "created_at": iso(job.created_at),
        "started_at": iso(job.started_at if works else job.created_at),
        "completed_at": iso(job.completed_at) if ended else None,
        "name": job.plan.name,
        "steps": _steps(job) if works and ended else [],
        "check_run_url": f"{API}/repos/{full_name}/check-runs/{job.id}",
        "labels": ["ubuntu-latest"],
        "runner_id": machine if works else None,
        "runner_name": f"GitHub Actions {machine}" if works else None,
        "runner_group_id": 2 if works else None,
        "runner_group_name": "GitHub Actions" if works else None,
    }


def _steps(job: Job) -> list[Json]:
    """Until one does not pass; after it only what always runs."""
    names = ("Set up job", "Check out the code", *job.plan.steps)
    passed = job.conclusion == "success"
    bad = len(names) if passed else 3 + _chance(job.run, "step", len(job.plan.steps) - 1)
    word = "failure" if job.conclusion == "failure" else "cancelled"
    words = ["success" if n < bad else word if n == bad else "skipped" for n in range(len(names))]
    return [
        {"name": name, "status": "completed", "conclusion": word, "number": number}
        for number, (name, word) in enumerate(
            zip((*names, "Complete job"), (*words, "success"), strict=True), 1
        )
    ]
