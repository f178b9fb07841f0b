"""The profilers there are, in order of preference: each is tried when the ones before it cannot work."""

from __future__ import annotations

from collections.abc import Callable

from hasten.profilers.base import Profiler
from hasten.profilers.cprofile import CProfile
from hasten.profilers.perf import Perf
from hasten.profilers.pyspy import PySpy

PROFILERS: dict[str, Callable[[], Profiler]] = {
    "py-spy": PySpy,
    "perf": Perf,
    "cProfile": CProfile,
}
