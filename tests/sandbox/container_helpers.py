"""What tests need of a container engine."""

from __future__ import annotations

import pytest

from hasten.sandbox import engine as engines
from hasten.sandbox.engine import Engine
from hasten.sandbox.image import inspect

BASE_IMAGE = "hasten-test-base:bookworm"


def need_image() -> Engine:
    """An engine with the base image; skips the test where there is none."""
    if reason := engines.available():
        pytest.skip(reason)
    engine = engines.connect()
    if not inspect(engine, BASE_IMAGE):
        pytest.skip(f"no image {BASE_IMAGE}: tests/sandbox/base_image.sh makes it")
    return engine
