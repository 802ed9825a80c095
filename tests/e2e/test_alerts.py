"""A pipeline that breaks and heals is told once each way, on Slack and by mail, on the real local stack."""

import time

from tests.e2e.builds import Body, flat
from tests.e2e.stack import Stack, eventually
from tests.web_server import Web


def test_it_tells_once_of_broken_and_once_of_fixed(stack: Stack, slack: Web, repo: str) -> None:
    history = ("success", "failure", "failure", "success", "success")
    for number, status in enumerate(history, 1):
        body = flat(repo, status, ended=time.time() - 60 + number)
        for _ in range(2):  # a sender that delivers everything twice
            assert stack.post("/ingest/github", body).is_success
        assert_counted(stack, repo, number)
    assert_nothing_more_comes(stack, slack, repo)
    assert told(slack, repo) == ["broken", "fixed"]
    assert sorted(mailed(stack, repo)) == ["broken", "fixed"]


def test_it_says_nothing_of_a_failure_on_another_branch(stack: Stack, slack: Web, repo: str) -> None:
    stack.post("/ingest/github", flat(repo, "failure", branch="feature"))
    assert_counted(stack, repo, 1)
    assert_nothing_more_comes(stack, slack, repo)
    assert told(slack, repo) == mailed(stack, repo) == []


def test_it_tells_again_when_slack_was_down(stack: Stack, slack: Web, repo: str) -> None:
    slack.status = 503
    stack.post("/ingest/github", flat(repo, "failure"))
    eventually(lambda: told(slack, repo))
    slack.status = 200
    eventually(lambda: len(told(slack, repo)) == 2)
    assert_nothing_more_comes(stack, slack, repo)
    assert told(slack, repo) == ["broken", "broken"]
    assert mailed(stack, repo) == ["broken"]


def told(slack: Web, repo: str) -> list[str]:
    """What Slack was told of the repository, in order: broken, fixed."""
    return [kind(body["text"]) for body in slack.bodies if f"{repo} " in body["text"]]


def mailed(stack: Stack, repo: str) -> list[str]:
    return [kind(subject(mail)) for mail in stack.mails() if f"{repo} " in subject(mail)]


def subject(mail: Body) -> str:
    text = mail.get("Subject") or mail["Content"]["Simple"]["Subject"]["Data"]
    assert isinstance(text, str)
    return text


def kind(headline: str) -> str:
    return headline.partition(":")[0].rpartition(" ")[2].lower()


def assert_counted(stack: Stack, repo: str, builds: int) -> None:
    def seen() -> bool:
        numbers: dict[str, int] = stack.get("/metrics/summary", window="24h", repo=repo)["builds"]
        return sum(numbers.values()) == builds

    eventually(seen)


def assert_nothing_more_comes(stack: Stack, slack: Web, repo: str) -> None:
    """What is told of a later failure elsewhere was told after everything that was due before."""
    later = f"{repo}-later"
    stack.post("/ingest/github", flat(later, "failure"))
    eventually(lambda: told(slack, later) and mailed(stack, later))
