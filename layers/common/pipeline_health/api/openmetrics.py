"""The OpenMetrics text format (version 1.0.0) of what pipelines have done.

Names and attributes follow OpenTelemetry's conventions for CI/CD as Prometheus writes them (`.` becomes `_`,
the unit and `_total` are appended); what those have no word for begins with `pipeline_health_`.
https://opentelemetry.io/docs/specs/semconv/cicd/cicd-metrics/
https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline_health.domain.alert_words import cut

MEDIA_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
LABEL_LIMIT: Final = 200  # characters; the id beside it stays whole and tells pipelines apart
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

Labels = Mapping[str, str]
Sample = tuple[str, Labels, str]  # what is appended to the family's name, the labels, the value


@dataclass(frozen=True)
class Family:
    """One metric, described. A unit is also the end of its name."""

    name: str
    kind: str
    told: str
    unit: str = ""


def document(families: Mapping[Family, Iterable[Sample]]) -> str:
    """Each family in one piece, as the format asks."""
    return "".join(f"{_head(family)}{_lines(family, some)}" for family, some in families.items()) + "# EOF\n"


def _head(family: Family) -> str:
    unit = f"# UNIT {family.name} {family.unit}\n" if family.unit else ""
    return f"# TYPE {family.name} {family.kind}\n{unit}# HELP {family.name} {_escaped(family.told)}\n"


def _lines(family: Family, samples: Iterable[Sample]) -> str:
    return "".join(f"{family.name}{suffix}{_labels(labels)} {value}\n" for suffix, labels, value in samples)


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escaped(cut(value, LABEL_LIMIT))}"' for name, value in labels.items())
    return f"{{{','.join(pairs)}}}"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def seconds_of(milliseconds: int) -> str:
    """Exact, as every number here: a float would round a long life's sum."""
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole}.{rest:03d}" if rest else str(whole)
