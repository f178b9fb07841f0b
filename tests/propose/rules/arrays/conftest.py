"""Observed arrays, and numpy's warnings left out: one number and many word them differently."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def no_warnings_of_numpy() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield
