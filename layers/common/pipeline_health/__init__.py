"""Pipeline Health: what every function shares."""

from typing import Final

VERSION: Final = "0.1.0"  # the one in pyproject.toml
