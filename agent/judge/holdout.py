"""Does a gain carry over to inputs that nobody who proposed it has seen? Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hasten.agent.types import Measurement, Workload

PROPORTION = 0.5
"""Part of an open gain, in logarithms, that the same workload has to gain with other arguments: 2x where 4x
was found. Hard-coded answers gain nothing there (1.07x against 3355x, research/benchmarks); inputs of another
size honestly gain less."""


@dataclass(frozen=True)
class Doubt:
    """Why a gain is not believed, as a clause that follows it."""

    decision: Literal["rejected", "inconclusive"]
    reason: str


def doubt(
    gains: Sequence[Measurement], measured: Sequence[Measurement], unseen: Sequence[Workload]
) -> Doubt | None:
    """What the held-out workloads ``unseen`` say against ``gains``; ``None`` when they bear them out.

    A workload with other arguments has to gain in proportion wherever its open sibling did. Of held-out
    workloads of their own, which may not come by the changed code at all, one has to gain.
    """
    found = {m.workload: m for m in measured}
    siblings = [(found[w.name], gain) for w in unseen for gain in gains if w.varies == gain.workload]
    for seen, gain in siblings:
        if against := _against(seen, gain):
            return against
    strangers = [found[w.name] for w in unseen if not w.varies]
    if siblings or any(m.decision not in ("same", "slower") for m in strangers):
        return None
    if not strangers:
        return None
    names = " and ".join(m.workload for m in strangers)
    return Doubt("rejected", f"but not on the held-out {names}: the gain does not carry over to other inputs")


def _against(seen: Measurement, gain: Measurement) -> Doubt | None:
    if seen.decision in ("same", "slower"):
        what = f"but {seen.speedup:.2f}x on the held-out {seen.workload}"
        return Doubt("rejected", f"{what}: the gain does not carry over to other inputs")
    if seen.high < gain.low**PROPORTION:
        what = f"but at most {seen.high:.2f}x on the held-out {seen.workload}"
        return Doubt("rejected", f"{what}: most of the gain is only for the inputs that were shown")
    if seen.decision == "inconclusive":
        what = f"but {seen.pairs} pairs on the held-out {seen.workload} cannot tell ({seen.speedup:.2f}x)"
        return Doubt("inconclusive", what)
    return None
