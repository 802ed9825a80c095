"""Models that are built when they are first used: pydantic builds one while its class is made, unless its
configuration says `defer_build`, and of other people's models only their base class is ours to ask.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel, ConfigDict


@contextmanager
def deferred() -> Iterator[None]:
    """For the models that are defined, or imported, inside."""
    usual = BaseModel.model_config
    BaseModel.model_config = ConfigDict(defer_build=True)
    try:
        yield
    finally:
        BaseModel.model_config = usual
