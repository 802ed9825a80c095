"""What a request shows of its reader."""

from collections.abc import Mapping


def bearer(headers: Mapping[str, str]) -> str:
    """The token of an Authorization header, empty where there is none."""
    given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    scheme, _, token = given.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
