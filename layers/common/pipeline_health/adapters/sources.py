"""Every source that can be fetched from. A new sender's is a line in `configured`."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pipeline_health.adapters import github_rest, jenkins_api
from pipeline_health.adapters.github_api import GitHub, Read
from pipeline_health.adapters.github_hooks import OrgHooks
from pipeline_health.adapters.github_rest import Rest
from pipeline_health.adapters.http_reader import Site
from pipeline_health.adapters.jenkins_api import Jenkins
from pipeline_health.flows.reconcile import Source

ETAGS: Final = 5_000  # addresses of pages; some 300 bytes each


def _listed(value: Any) -> Any:
    """acme/app, acme/lib"""
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class SourceSettings(BaseModel):
    """The names are those of the environment variables."""

    model_config = ConfigDict(frozen=True, alias_generator=str.upper, populate_by_name=True)

    reconcile_github_repos: Listed = ()
    reconcile_github_orgs: Listed = ()
    github_api_url: str = github_rest.PUBLIC_API
    reconcile_jenkins_urls: Listed = ()
    allow_insecure_receivers: str = Field(default="", pattern="^(on|off)?$")

    @property
    def insecure(self) -> bool:
        return self.allow_insecure_receivers == "on"


@dataclass(frozen=True)
class Credentials:
    """`jenkins` in the order of the servers; a single one is everybody's."""

    github: str
    jenkins: Sequence[str]

    @staticmethod
    def of(secrets: Mapping[str, str]) -> "Credentials":
        return Credentials(secrets.get("github", ""), _listed(secrets.get("jenkins", "")))

    def for_jenkins(self, index: int) -> str:
        if len(self.jenkins) == 1:
            return self.jenkins[0]
        return self.jenkins[index] if index < len(self.jenkins) else ""


def configured(
    settings: SourceSettings,
    credentials: Credentials,
    etags: dict[str, Read],
    clock: Callable[[], int],
    closing: ExitStack,
) -> list[Source]:
    """Their connections end with `closing`; `etags` may outlive them."""
    if len(etags) > ETAGS:
        etags.clear()
    sources: list[Source] = []

    def github() -> Site:
        hub = github_rest.site(settings.github_api_url, credentials.github, insecure=settings.insecure)
        closing.callback(hub.close)
        return hub

    sources += [GitHub(github(), repo, clock, etags) for repo in settings.reconcile_github_repos]
    sources += [OrgHooks(Rest(github(), clock), org) for org in settings.reconcile_github_orgs]
    for index, url in enumerate(settings.reconcile_jenkins_urls):
        server = jenkins_api.site(url, credentials.for_jenkins(index), insecure=settings.insecure)
        closing.callback(server.close)
        sources.append(Jenkins(server, jenkins_api.hint(url), clock))
    return sources
