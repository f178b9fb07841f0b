"""What one run of a workload showed about a definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Facts:
    """What was observed at a definition while the workload ran once: true for this workload.

    Summaries are readable and begin with a type as in an annotation, the types of all elements included:
    ``list[str], length p50 40 p95 900``. A ``~`` stands before what was seen of some elements only.
    """

    calls: int
    repeated_argument_rate: float
    """Fraction of calls whose arguments had been seen before, by value; large ones count as new."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Name -> summary, when the call began."""
    returns: str = ""
    locals: Mapping[str, str] = field(default_factory=dict)
    """Name -> summary, when the call returned."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """``self.items`` -> summary, when the call began, of instance attributes the function mentions."""
    changed: Mapping[str, float] = field(default_factory=dict)
    """Argument -> fraction of the calls after which the container passed was another than before; only
    builtin containers are compared, and what they hold to a depth of two."""
