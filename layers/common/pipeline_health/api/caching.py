"""What a reader has already is not sent again (RFC 9110, section 13.1.2)."""

from hashlib import sha256
from typing import Final

# Ask every time, send only what is new. GitHub's image proxy keeps an image for hours unless it is told this:
# https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-anonymized-urls
ASK_AGAIN: Final = "no-cache"


def etag_of(content: bytes) -> str:
    """Weak, since the same content may travel packed or not."""
    return f'W/"{sha256(content).hexdigest()[:20]}"'


def is_known(etag: str, if_none_match: str) -> bool:
    offered = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return "*" in offered or etag.removeprefix("W/") in offered
