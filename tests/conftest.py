"""For all tests."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Containers take seconds to start: what needs them belongs to the slow tier."""
    for item in items:
        if item.get_closest_marker("docker"):
            item.add_marker("e2e")
