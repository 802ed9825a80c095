"""The bill on AWS, from what is counted here and dated prices: `make cost BUILDS=10000 VIEWERS=5`.

BUILDS is a month's, told by GitHub with one job each; VIEWERS have the page in front of them eight hours a
day, on 22 days.
"""

import argparse
from collections.abc import Mapping

from bench.asking import asked, fill
from bench.prices import MILLION, PRICES
from bench.product import pipelines, product, run
from bench.spending import TOGETHER, WARM, alone
from bench.usage import Load, Usage, added, idle, of_builds, of_viewers

Bill = dict[str, float]  # dollars by service


def bill(usage: Usage) -> Bill:
    """By service; all together under `all`."""
    dollars: Bill = dict.fromkeys([price.service for price in PRICES.values()], 0)
    for name, amount in usage.items():
        dollars[PRICES[name].service] += PRICES[name].of(amount)
    return {**dollars, "all": sum(dollars.values())}


def measured() -> Load:
    """What one build and one look at the page spend."""
    (pipeline,) = pipelines(1)
    with product() as at:
        fill(at)
        return Load(told=alone(at, run(pipeline, WARM + TOGETHER, failed=False)), asked=asked(at))


def month(load: Load, builds: float, viewers: float) -> Usage:
    return added(idle(), of_builds(load, builds), of_viewers(load, builds, viewers))


def columns(load: Load, builds: float, viewers: float) -> dict[str, Bill]:
    """Side by side; a million builds are without what is paid for by the month."""
    return {
        "idle, a month": bill(idle()),
        "a million builds": bill(of_builds(load, MILLION)),
        f"{builds:,.0f} builds, {viewers:g} viewers": bill(month(load, builds, viewers)),
    }


def table(shown: Mapping[str, Bill]) -> str:
    head = " | ".join(["$, us-east-1, without free tiers", *shown])
    services = next(iter(shown.values()))
    rows = [
        " | ".join([service, *(f"{column[service]:.2f}" for column in shown.values())])
        for service in services
    ]
    return "\n".join(f"| {row} |" for row in (head, " | ".join(["---"] * (len(shown) + 1)), *rows))


def main() -> None:
    parser = argparse.ArgumentParser(description="The bill on AWS of a month.")
    parser.add_argument("--builds", type=float, default=10_000)
    parser.add_argument("--viewers", type=float, default=5)
    options = parser.parse_args()
    load = measured()
    print(table(columns(load, options.builds, options.viewers)), "", sep="\n")
    for name, amount in month(load, options.builds, options.viewers).items():
        print(f"{PRICES[name].of(amount):>9.2f} $ {amount:>16,.1f} {PRICES[name].unit}")
    print("", *PRICES.values(), sep="\n")


if __name__ == "__main__":
    main()
