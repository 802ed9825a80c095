"""One stack for each worker, with a Slack stand-in; each test works on repositories of its own."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.e2e.stack import Stack, running
from tests.web_server import Web, web_server

_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e/" in item.nodeid:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def slack() -> Iterator[Web]:
    with web_server(Web()) as web:
        yield web


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, slack: Web) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("local")
    with running(
        folder,
        ALERT_SLACK_WEBHOOK=slack.url,
        ALERT_BRANCHES="default",
        ALERT_EMAIL_FROM="ci@example.com",
        ALERT_EMAIL_TO="team@example.com",
        ALLOW_ORIGINS="https://ci.example.com",
    ) as stack:
        yield stack


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that asks everybody, with secrets that were made for it, and with every function there is."""
    with running(
        tmp_path_factory.mktemp("locked"),
        AUTH="on",
        ALERT_SLACK_WEBHOOK="http://127.0.0.1:9/never",
        RECONCILE_GITHUB_REPOS="acme/app",
        RECONCILE_GITHUB_TOKEN="gh",
        GITHUB_API_URL="http://127.0.0.1:9",
    ) as stack:
        yield stack


@pytest.fixture
def repo() -> str:
    """A repository that no other test knows."""
    return f"acme/repo-{next(_numbers)}"
