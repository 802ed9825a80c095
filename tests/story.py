"""A day at GitHub and at Jenkins, as their webhooks and as their APIs tell it."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from pipeline_health.domain.build import Sighting
from pipeline_health.domain.times import DAY, format_instant
from pipeline_health.providers.delivery import Delivery
from tests.github_server import GitHubServer, body_of, listed_run
from tests.ingesting import github, jenkins, jenkins_build, sighted
from tests.jenkins_server import JenkinsServer, listed_build

CI = "https://ci.example.com"
Sent = tuple[str, Delivery]  # by whom, and what


@dataclass
class Story:
    """Most of the day before `today` at two senders: what they would send, and what their APIs tell."""

    random: Random
    today: int
    runs: int = 159
    builds: int = 119
    deliveries: list[Sent] = field(default_factory=list)
    server: GitHubServer = field(default_factory=GitHubServer)
    jenkins: JenkinsServer = field(default_factory=JenkinsServer)

    @property
    def webhooks(self) -> list[Sighting]:
        return [sighted(*sent) for sent in self.deliveries]

    def tell(self) -> None:
        for number in range(1, self.runs + 1):
            self._github(number, self.today - DAY + self.random.randrange(2 * 3600) * 10_000)
        for job in ("shop", "library"):
            builds = [
                self._jenkins(job, number, self.today - DAY + number * 600_000)
                for number in range(1, self.builds + 1)
            ]
            self.jenkins.jobs[job] = builds[::-1]

    def _github(self, number: int, created: int) -> None:
        start = created
        for attempt in range(1, self.random.choice([1, 1, 1, 2, 4]) + 1):
            end = start + self.random.randrange(1, 900) * 1000
            run = {
                "id": number,
                "workflow_id": 4242 + number % 3,
                "run_attempt": attempt,
                "head_branch": self.random.choice(["main", "feature"]),
                "created_at": format_instant(created),
                "run_started_at": format_instant(start),
            }
            running = {"status": "in_progress", "conclusion": None, "updated_at": format_instant(start)}
            word = self.random.choice(["success", "success", "failure", "cancelled", "skipped"])
            done = {"status": "completed", "conclusion": word, "updated_at": format_instant(end)}
            for state in (running, done):
                self.deliveries.append(("github", github(body_of(listed_run(**run, **state)))))
            self.server.runs.append(listed_run(**run, **done))
            self.server.jobs[number, attempt] = [{"id": 1, "completed_at": format_instant(end)}]
            start = end + 5_000

    def _jenkins(self, job: str, number: int, start: int) -> dict[str, Any]:
        duration = self.random.randrange(1, 500) * 1000
        result = self.random.choice(["SUCCESS", "UNSTABLE", "ABORTED"])
        url = f"{CI}/job/{job}/{number}/"
        ends = {"timestamp": start + duration, "duration": duration, "status": result}
        for phase in (
            {"phase": "STARTED", "timestamp": start, "status": None, "duration": 0},
            {"phase": "COMPLETED", **ends},
        ):
            told = jenkins_build(full_url=url, number=number, **phase)
            self.deliveries.append(("jenkins", jenkins(told)))
        return listed_build(url, start, duration=duration, result=result)
