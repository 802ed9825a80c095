"""Anybody's text inside XML: names are whatever a sender says they are."""

import html
import re
from typing import Final

# What XML 1.0, section 2.2, cannot hold in any notation; a parser would refuse the whole document.
_IMPOSSIBLE: Final = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def escaped(text: str) -> str:
    """Safe in an element as in an attribute, whichever quotation marks that has."""
    return html.escape(_IMPOSSIBLE.sub("", text))
