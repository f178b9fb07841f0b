"""For all tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("quick", max_examples=30)
settings.register_profile("thorough", max_examples=100)
settings.load_profile("quick")  # ``--hypothesis-profile thorough`` on the command line comes after this.


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Containers take seconds to start: what needs them belongs to the slow tier."""
    for item in items:
        if item.get_closest_marker("docker"):
            item.add_marker("e2e")
