"""template.yaml as AWS expands it, and what its parts allow and are told."""

from typing import Any

import pytest

from local.translate import expand, load

Resource = dict[str, Any]


@pytest.fixture(scope="session")
def expanded() -> dict[str, Resource]:
    """The resources of the expanded template, by logical id."""
    template = expand(load(), lambda name: f"s3://code/{name}.zip")
    resources: dict[str, Resource] = template["Resources"]
    return resources
