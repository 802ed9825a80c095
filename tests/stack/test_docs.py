"""What the documents say is true: settings and their defaults, routes, commands, links."""

import re
from itertools import chain
from pathlib import Path

import pytest

from local.settings import PARAMETERS
from tests.template import ROOT, load, resources

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Only what stands between three rules of the settings table: | `Parameter` | `VARIABLE` | default | ...
SETTINGS = re.findall(r"^\| (?:`(\w+)`)? ?\| (?:`([^|]+)`)? ?\| ([^|]*?) ?\| [^|]+\|$", README, re.MULTILINE)
BY_PARAMETER = {parameter: (variable, default) for parameter, variable, default in SETTINGS if parameter}


def test_it_lists_every_parameter_with_its_default() -> None:
    defaults = {name: str(each.get("Default", "")) for name, each in load()["Parameters"].items()}
    assert {name: default.strip("`") for name, (_, default) in BY_PARAMETER.items()} == defaults


def test_it_names_the_variable_that_make_run_hands_on() -> None:
    named = {parameter: variable for parameter, (variable, _) in BY_PARAMETER.items() if variable}
    assert named == {parameter: variable for variable, parameter in PARAMETERS.items()}


def test_it_names_every_route() -> None:
    functions = resources("AWS::Serverless::Function").values()
    events = chain.from_iterable(function["Properties"].get("Events", {}).values() for function in functions)
    paths = {event["Properties"]["Path"] for event in events if event["Type"] == "HttpApi"}
    shown = {path for path in paths if path.split("{")[0] != "/static/"}
    assert [path for path in sorted(shown) if path.split("{")[0].rstrip("/") not in README] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_names_commands_that_exist(document: Path) -> None:
    targets = set(
        re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = set(
        re.findall(r"(?:`|^|[A-Z]=\S+ )make ([a-z-]+)", document.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_links_to_files_that_exist(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)", document.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_it_names_files_that_exist_on_the_way_of_a_build() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    folders = [ROOT, ROOT / "layers/common/pipeline_health"]
    named = re.findall(r"`([\w/]+\.py)`", text)
    assert [name for name in named if not any((folder / name).exists() for folder in folders)] == []
