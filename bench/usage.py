"""How much of what AWS charges for a month of the product takes.

Counted on tables in memory: units, requests, messages, what is stored. Assumed, because only AWS could tell:
how long each function runs, how many bytes an invocation logs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Any, Final

from bench.capacity import Spent
from bench.spending import Told, total
from local.translate import load

Usage = dict[str, float]  # amounts, by the name of their price

GB: Final = 10**9
HOURS: Final = 730  # a month's
OPEN: Final = 22 * 8  # hours that a viewer's page is open and in front
CONNECTION: Final = 7_200  # seconds that a WebSocket lives
KEPT: Final = 400 / 30.4  # months that a build is kept
LOGGED: Final = 1_500  # bytes an invocation, Lambda's own lines included
ACCESS: Final = 350  # bytes an HTTP request
LINE: Final = 150  # bytes of an open connection's item
CHANGES: Final = 0.1  # of builds
MILLISECONDS: Final = {  # billed for an invocation, in the memory that the template gives
    "IngestFunction": 20,
    "AggregateFunction": 60,
    "JobsFunction": 60,
    "BroadcastFunction": 40,
    "AlertsFunction": 300,
    "ApiFunction": 60,
    "AuthorizerFunction": 5,
    "ConnectFunction": 15,
    "TicketFunction": 15,
    "RevokeFunction": 50,
}
# Names that an hour with builds, or with viewers, sends a number for: CloudWatch charges by hour and name.
METRICS_OF_BUILDS: Final = 10
METRICS_OF_VIEWERS: Final = 5

REFRESH: Final = (  # what the page asks for every five minutes (PARTS in load.js)
    "GET /pipelines",
    "GET /metrics/summary?window=7d",
    "GET /metrics/timeseries?window=7d",
    "GET /builds?limit=30",
    "GET /metrics/pipelines?window=7d",
)
RECOUNT: Final = (REFRESH[1], REFRESH[2])  # ... after live news, every five seconds at most (COUNTED there)
SELDOM: Final = (REFRESH[4],)  # ... and once a minute at most


@dataclass(frozen=True)
class Load:
    """What one build, and one question of each kind, spend in DynamoDB."""

    told: Told
    asked: Mapping[str, Spent]


def idle() -> Usage:
    """Nobody sends and nobody looks; Auth is on, nobody is alerted, nothing is fetched."""
    looks = HOURS * 12.0
    rest = {"secrets": 2, "secret_calls": looks, "alarms": _alarms(), "scheduled": looks}
    return added(called("RevokeFunction", looks), {"read_units": looks, **rest})


def of_builds(load: Load, builds: float) -> Usage:
    told = load.told
    whole, news = total(told.all), len(told.counted)
    invoked = {
        "IngestFunction": len(told.webhooks),
        "AggregateFunction": news,
        "JobsFunction": len(told.of_jobs),
        "BroadcastFunction": news,
        "AlertsFunction": CHANGES,
    }
    gigabytes = builds * told.bytes * KEPT / GB
    direct = {
        "write_units": builds * whole.writes,
        "read_units": builds * (whole.reads + news),  # a look at the connections each time
        "published": builds * news,
        "stored_gb": gigabytes,
        "recoverable_gb": gigabytes,
        "metrics": METRICS_OF_BUILDS * (1 - exp(-builds / HOURS)),  # some hours see several, some none
    }
    calls = (called(function, builds * times) for function, times in invoked.items())
    return added(direct, asking(builds * len(told.webhooks)), *calls)


def of_viewers(load: Load, builds: float, viewers: float) -> Usage:
    """As if every build came while they look, and each word of it by itself: that is the most it can be."""
    news = builds * len(load.told.counted)
    refreshes, connections, pings = OPEN * 12, OPEN * 3600 / CONNECTION, OPEN * 60 / 4
    times = {REFRESH: refreshes, RECOUNT: min(news, OPEN * 3600 / 5), SELDOM: min(news, OPEN * 60)}
    asked = sum(often * len(routes) for routes, often in times.items())
    reads = sum(often * reads_of(load, routes) for routes, often in times.items())
    direct = {
        "read_units": viewers * (reads + news * LINE / 4096),
        "write_units": viewers * 4 * connections,
        "messages": viewers * (news + 2 * pings),
        "minutes": viewers * OPEN * 60,
        "metrics": METRICS_OF_VIEWERS * OPEN / HOURS * bool(viewers),
    }
    return added(
        direct,
        asking(viewers * (asked + connections)),
        called("ApiFunction", viewers * asked),
        called("AuthorizerFunction", viewers * refreshes),
        called("TicketFunction", viewers * connections),
        called("ConnectFunction", viewers * (pings + 2 * connections)),
    )


def added(*usages: Usage) -> Usage:
    names = dict.fromkeys(name for usage in usages for name in usage)
    return {name: sum(usage.get(name, 0) for usage in usages) for name in names}


def called(function: str, times: float) -> Usage:
    seconds = times * MILLISECONDS[function] / 1000
    logged = times * LOGGED / GB
    gb_seconds = seconds * memory(function) / 1024
    return {"invocations": times, "gb_seconds": gb_seconds, "logged_gb": logged, "kept_gb": logged}


def asking(times: float) -> Usage:
    return {"http_requests": times, "logged_gb": times * ACCESS / GB, "kept_gb": times * ACCESS / GB}


def memory(function: str) -> int:
    template = load()
    own: Any = template["Resources"][function]["Properties"].get("MemorySize")
    return int(own or template["Globals"]["Function"]["MemorySize"])


def reads_of(load: Load, asked: tuple[str, ...]) -> float:
    return sum(load.asked[question].reads for question in asked)


def _alarms() -> int:
    """Those that are there without sources to fetch from."""
    resources = load()["Resources"].values()
    kinds = [each.get("Condition") for each in resources if each["Type"] == "AWS::CloudWatch::Alarm"]
    return sum(condition != "HasSources" for condition in kinds)
