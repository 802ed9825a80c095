"""The team of the demo: invented people, repositories and pipelines. Nobody here exists."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from typing import Final, Literal

ORG: Final = "lumenworks"
Sender = Literal["github", "jenkins", "flat"]
Trigger = Literal["push", "merge", "nightly"]


@dataclass(frozen=True)
class Person:
    name: str
    login: str

    @property
    def email(self) -> str:
        return f"{self.login}@lumenworks.example"


@dataclass(frozen=True)
class Repo:
    name: str
    pushes_per_day: float
    default_branch: str = "main"

    @property
    def full_name(self) -> str:
        return f"{ORG}/{self.name}"

    @property
    def id(self) -> int:
        return number_of(self.full_name, 10**9)


@dataclass(frozen=True)
class Pipeline:
    """`minutes` is the median; a green branch breaks with `fragility`, and seems to with `flakiness`."""

    sender: Sender
    repo: Repo
    name: str
    minutes: float
    trigger: Trigger = "push"
    fragility: float = 0.05
    flakiness: float = 0.01
    slower: bool = False  # in its last week
    ends: Literal["failing", "passing", ""] = ""  # its default branch, now

    @property
    def id(self) -> int:
        return number_of(f"{self.repo.full_name}/{self.name}", 10**8)


def digest(*parts: str, length: int = 20) -> str:
    return sha256("/".join(parts).encode()).hexdigest()[:length]


def number_of(text: str, limit: int) -> int:
    """The same number for the same text in every run of the demo, as a sender's own ids would be."""
    return 1 + int(digest(text), 16) % (limit - 1)


PEOPLE: Final = (
    Person("Amara Okafor", "amara-okafor"),
    Person("Jiho Park", "jihopark"),
    Person("Lucía Fernández", "luciafdz"),
    Person("Mateusz Kowalczyk", "mkowalczyk"),
    Person("Priya Raman", "priya-raman"),
    Person("Noor Haddad", "noorh"),
    Person("Yuki Tanabe", "ytanabe"),
    Person("Sione Tupou", "sionet"),
    Person("Anneli Virtanen", "annelivirtanen"),
    Person("Kofi Mensah", "kofi-mensah"),
    Person("Zeynep Gökçe", "zgokce"),
    Person("Bảo Nguyễn", "baonguyen"),
)
OUTSIDERS: Final = (Person("Elif Marlow", "elifmarlow"), Person("Tadeo Ríos", "tadeo-rios"))

_STOREFRONT: Final = Repo("storefront", 14)
_PAYMENTS: Final = Repo("payments-api", 10)
_MOBILE: Final = Repo("mobile-app", 7, default_branch="develop")
_WAREHOUSE: Final = Repo("warehouse", 6)
_FIRMWARE: Final = Repo("sensor-firmware", 5, default_branch="master")
_PLATFORM: Final = Repo("platform", 7)
_HANDBOOK: Final = Repo("handbook", 1.5)

PIPELINES: Final = (
    Pipeline("github", _STOREFRONT, "CI", 7, flakiness=0.05, ends="passing"),
    Pipeline("jenkins", _WAREHOUSE, "warehouse/etl", 12),
    Pipeline("github", _STOREFRONT, "Deploy", 4, "merge", fragility=0.03),
    Pipeline("github", _PAYMENTS, "CI", 9, ends="failing"),
    Pipeline("jenkins", _FIRMWARE, "firmware/build", 16, fragility=0.08, ends="failing"),
    Pipeline("github", _MOBILE, "Android", 18, slower=True, fragility=0.03),
    Pipeline("github", _MOBILE, "iOS", 24, fragility=0.06, flakiness=0.06),
    Pipeline("github", _STOREFRONT, "Nightly end-to-end", 38, "nightly", fragility=0.12),
    Pipeline("jenkins", _WAREHOUSE, "warehouse/models", 31),
    Pipeline("github", _PAYMENTS, "Security scan", 3, fragility=0.02),
    Pipeline("jenkins", _PLATFORM, "platform/terraform", 5, "merge", fragility=0.07),
    Pipeline("flat", _HANDBOOK, "publish", 1.5, "merge", fragility=0.02),
)
_TEAMS: Final = ("search", "billing", "identity", "maps", "notify", "reports", "media", "orders")


def pipelines(count: int) -> list[Pipeline]:
    """As many as asked for; after the first dozen the other teams have the same kinds of pipelines."""
    return list(islice(_all(), count))


def _all() -> Iterator[Pipeline]:
    yield from PIPELINES
    for team in _TEAMS:
        for each in PIPELINES:
            name = f"{team}-{each.repo.name}"
            yield replace(each, repo=replace(each.repo, name=name), name=_renamed(each, name), ends="")


def _renamed(pipeline: Pipeline, repo: str) -> str:
    """A Jenkins job's path must differ, a workflow's name need not."""
    return f"{repo}/{pipeline.name.rpartition('/')[2]}" if pipeline.sender == "jenkins" else pipeline.name
