"""Stored numbers held against what they should be, by item; and a line that says what differed."""

from collections import Counter
from collections.abc import Mapping

from pipeline_health.adapters.counts import Name

Numbers = dict[Name, Counter[str]]


def differences(should: Numbers, there: Numbers) -> Numbers:
    found = {key: _difference(should.get(key), there.get(key)) for key in should.keys() | there.keys()}
    return {key: found[key] for key in sorted(found) if found[key]}


def _difference(should: Mapping[str, int] | None, there: Mapping[str, int] | None) -> Counter[str]:
    difference = Counter(should or {})
    difference.subtract(there or {})
    return Counter({name: value for name, value in difference.items() if value})


def lines(numbers: Numbers) -> list[str]:
    return [f"{pk} {sk}: {dict(sorted(counters.items()))}" for (pk, sk), counters in numbers.items()]
