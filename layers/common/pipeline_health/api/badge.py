"""A badge: what is written on it, and how it is drawn."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pipeline_health.api.markup import escaped
from pipeline_health.domain.alert_words import shown

LABEL_LIMIT: Final = 60  # characters; a longer name would push everything else off a README's line
SHIELDS_SECONDS: Final = 300  # shields.io keeps what it fetched for as long at least
_HEIGHT: Final = 20
_PADDING: Final = 6
_NARROW: Final = frozenset("fijlrt.,:;|!'()[]/\\ I-")
_WIDE: Final = frozenset("mwMW@%&")
_FULL_WIDTH: Final = 0x2E80  # from here on: East Asian characters and pictures


class Color(StrEnum):
    """Each carries white text at a contrast of 4.5 to 1 or more (WCAG 2.2, 1.4.3)."""

    GREEN = "#1a7f37"
    AMBER = "#9a6700"
    RED = "#cf222e"
    BLUE = "#0969da"
    GREY = "#57606a"


_DARK: Final = "#3b3f45"


@dataclass(frozen=True)
class Badge:
    """`known` is false where there is nothing to tell of."""

    label: str
    message: str
    color: Color
    known: bool = True


UNKNOWN: Final = Badge("pipeline", "unknown", Color.GREY, known=False)
AMBIGUOUS: Final = Badge("pipeline", "several of that name", Color.GREY, known=False)


def shields(badge: Badge) -> dict[str, Any]:
    """What https://shields.io/badges/endpoint-badge takes."""
    document = {
        "schemaVersion": 1,
        "label": shown(badge.label, LABEL_LIMIT),
        "message": badge.message,
        "color": badge.color.value,
        "cacheSeconds": SHIELDS_SECONDS,
    }
    return document if badge.known else {**document, "isError": True}


def svg(badge: Badge) -> str:
    label, message = shown(badge.label, LABEL_LIMIT), badge.message
    left, right = _width(label) + 2 * _PADDING, _width(message) + 2 * _PADDING
    width, said = left + right, escaped(f"{label}: {message}")
    edge = f"M{left} 0h{right - 3}a3 3 0 0 1 3 3v{_HEIGHT - 6}a3 3 0 0 1-3 3H{left}z"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT}"'
        f' viewBox="0 0 {width} {_HEIGHT}" role="img" aria-label="{said}"><title>{said}</title>'
        f'<rect width="{width}" height="{_HEIGHT}" rx="3" fill="{_DARK}"/>'
        f'<path d="{edge}" fill="{badge.color.value}"/>'
        '<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">'
        f"{_text(_PADDING, label)}{_text(left + _PADDING, message)}</g></svg>\n"
    )


def _text(x: int, text: str) -> str:
    """`textLength` makes it fit, whatever font the reader has instead of Verdana."""
    return f'<text x="{x}" y="14" textLength="{_width(text)}">{escaped(text)}</text>'


def _width(text: str) -> int:
    """In Verdana at 11 px, roughly."""
    return round(sum(map(_advance, text))) or 1


def _advance(character: str) -> float:
    if character in _NARROW:
        return 4.4
    if character in _WIDE:
        return 10.4
    if ord(character) >= _FULL_WIDTH:
        return 11.5
    return 7.6 if character.isupper() else 6.8
