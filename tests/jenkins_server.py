"""A stand-in Jenkins: its JSON API with `tree=` as Jenkins reads it, ranges and nested fields included.

https://www.jenkins.io/doc/book/using/remote-access-api/
"""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from tests.ingesting import Document
from tests.sender_server import Asked, Said, Sender

BUILDS: Final = 100  # `builds` holds the newest hundred, `allBuilds` every one
_WORDS: Final = re.compile(r"\w+|\{\d*,\d*\}|[\[\],]")


@dataclass
class JenkinsServer(Sender):
    """`jobs`: name -> a folder's jobs (a dict) or a job's builds, newest first (a list)."""

    credentials: str = ""
    base: str = ""
    jobs: dict[str, Any] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Said:
        expected = "Basic " + b64encode(self.credentials.encode()).decode()
        if self.credentials and asked.headers.get("authorization") != expected:
            return Said(401, b"<html>Invalid password/token</html>", {"X-Jenkins": "2.516.3"})
        place = re.fullmatch(f"{self.base}((?:/job/[^/]+)*)/api/json", asked.path)
        found = self._at(place[1]) if place else None
        if found is None:
            return Said(404, b"<html>Not Found</html>", {"X-Jenkins": "2.516.3"})
        chosen = _chosen(found, _tree(asked.query["tree"]))
        return Said(200, chosen, {"X-Jenkins": "2.516.3"})

    def _at(self, path: str) -> Document | None:
        names = [unquote(part) for part in path.split("/job/")[1:]]
        place: Any = self.jobs
        for name in names:
            if not isinstance(place, dict) or name not in place:
                return None
            place = place[name]
        return _shown(names[-1] if names else "", place)


def _shown(name: str, place: Any) -> Document:
    """Everything Jenkins could say of it; the `tree` chooses."""
    if isinstance(place, dict):
        jobs = [_shown(inner, below) for inner, below in place.items()]
        return {"_class": "com.cloudbees.hudson.plugins.folder.Folder", "name": name, "jobs": jobs}
    return {
        "_class": "org.jenkinsci.plugins.workflow.job.WorkflowJob",
        "name": name,
        "lastBuild": place[0] if place else None,
        "builds": place[:BUILDS],
        "allBuilds": place,
    }


Tree = dict[str, tuple[Any, slice]]


def _tree(text: str) -> Tree:
    words = _WORDS.findall(text)
    assert "".join(words) == text, f"Jenkins would refuse {text}"
    return _fields(words)


def _fields(words: list[str]) -> Tree:
    """Of `a,b[c]{0,1}`: a and b, with what is wanted inside and how many."""
    found: Tree = {}
    while words and words[0] != "]":
        name, inside, cut = words.pop(0), {}, slice(None)
        if words and words[0] == "[":
            words.pop(0)
            inside = _fields(words)
            words.pop(0)
        if words and words[0].startswith("{"):
            first, last = words.pop(0)[1:-1].split(",")
            cut = slice(int(first or 0), int(last) if last else None)
        found[name] = (inside, cut)
        if words and words[0] == ",":
            words.pop(0)
    return found


def _chosen(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_chosen(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {"_class": value["_class"]} if "_class" in value else {}
    for name, (inside, cut) in tree.items():
        if name in value:
            inner = value[name][cut] if isinstance(value[name], list) else value[name]
            kept[name] = _chosen(inner, inside) if inside else inner
    return kept


def listed_build(url: str, started_at: int, **fields: Any) -> Document:
    """One build as Jenkins keeps it, with actions of which many are empty."""
    return {
        "_class": "org.jenkinsci.plugins.workflow.job.WorkflowRun",
        "actions": [
            {"_class": "hudson.model.CauseAction", "causes": [{"shortDescription": "Started by timer"}]},
            {},
            {
                "_class": "hudson.plugins.git.util.BuildData",
                "lastBuiltRevision": {
                    "SHA1": "3f786850e387550fdab836ed7e6dc881de23001b",
                    "branch": [{"SHA1": "3f786850e387550fdab836ed7e6dc881de23001b", "name": "origin/main"}],
                },
                "remoteUrls": ["https://github.com/acme/shop.git"],
                "scmName": "",
            },
            {
                "_class": "hudson.plugins.git.util.BuildData",
                "lastBuiltRevision": {"SHA1": "aa", "branch": [{"SHA1": "aa", "name": "library"}]},
                "remoteUrls": ["https://github.com/acme/library.git"],
            },
        ],
        "building": False,
        "displayName": "#18",
        "duration": 320_000,
        "id": "18",
        "number": int(url.rstrip("/").rpartition("/")[2]),
        "result": "SUCCESS",
        "timestamp": started_at,
        "url": url,
        **fields,
    }
