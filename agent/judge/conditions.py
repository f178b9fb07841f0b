"""What the machine did during a measurement: stolen time, sleep, heat, load, drift.

Nothing here takes part in a decision: the pairs are what survives a bad machine, and what is said here tells
the reader how bad it was. ``observe`` reads, everything else is pure.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from hasten.agent.types import Conditions

STAT = Path("/proc/stat")
CPUS = Path("/sys/devices/system/cpu")
CORES = os.cpu_count() or 1

FEWEST_FOR_DRIFT = 9
"""Three values in each third: below that its median is any one of them."""
STEAL = 0.02
"""Stolen time below this is less than one pair side by side scatters anyway (.02 to .06 in logarithms)."""
SUSPENDED_S = 0.5
"""No laptop sleeps and wakes up faster; below are corrections of clocks."""
DRIFT = 1.2
"""The medians of two thirds of an undisturbed run differ by 1.1x or more about one time in five (values that
scatter by .10, nine of them), by 1.2x about one time in fifty."""
OWN_LOAD = 2.0
"""A pair side by side is two runnable threads by itself, even where there is only one core."""
DOUBLED = 2.0
LEAST_LOAD_CHANGE = 1.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The machine's counters at one moment; ``None`` where it does not tell (macOS: all but the load)."""

    total: int | None = None
    """Jiffies of the measured core (of all cores) since the start, stolen and idle ones included."""
    steal: int | None = None
    load: float | None = None
    """Average number of runnable threads over the last minute."""
    asleep_s: float | None = None
    """Seconds that the machine has been suspended since it was started."""
    throttled: int | None = None
    """Times that a core or a whole processor was slowed down because it was hot."""


def observe(core: int | None) -> Snapshot:
    """The counters now; those of processor time are of ``core``, or of all cores together for ``None``."""
    jiffies = processor_time(_text(STAT) or "", core)
    total, steal = jiffies if jiffies is not None else (None, None)
    return Snapshot(total, steal, _load(), _asleep(), throttle_events(_throttle_counters()))


def between(start: Snapshot, end: Snapshot, befores: Sequence[float]) -> Conditions:
    """What happened from ``start`` to ``end``. ``befores``: the unchanged program's values in their order."""
    total, steal = _grown(start.total, end.total), _grown(start.steal, end.steal)
    asleep = _grown(start.asleep_s, end.asleep_s)
    return Conditions(
        load=end.load,
        steal=steal / total if total and steal is not None else None,
        suspended_s=round(asleep or 0.0, 3),
        throttled=int(_grown(start.throttled, end.throttled) or 0),
        drift=drift(befores),
    )


def drift(values: Sequence[float]) -> float | None:
    """Median of the last third over median of the first; ``None`` below 9 values or if the clock read 0."""
    third = len(values) // 3
    if len(values) < FEWEST_FOR_DRIFT or (first := median(values[:third])) <= 0:
        return None
    return median(values[-third:]) / first


def remarks(conditions: Conditions, cores: int = CORES) -> tuple[str, ...]:
    """A clause for everything out of the ordinary; none for a quiet machine."""
    found = []
    if conditions.suspended_s >= SUSPENDED_S:
        found.append(f"the machine was suspended for {conditions.suspended_s:.0f} s")
    if conditions.steal is not None and conditions.steal > STEAL:
        found.append(f"the hypervisor took {conditions.steal:.0%} of the processor away")
    if conditions.throttled:
        times = "once" if conditions.throttled == 1 else f"{conditions.throttled} times"
        found.append(f"cores were throttled {times}")
    if conditions.drift is not None and conditions.drift > DRIFT:
        found.append(f"the machine became {conditions.drift:.1f}x slower meanwhile")
    if conditions.drift is not None and conditions.drift < 1 / DRIFT:
        found.append(f"the machine became {1 / max(conditions.drift, 1e-9):.1f}x faster meanwhile")
    if conditions.load is not None and conditions.load > max(float(cores), OWN_LOAD):
        noun = "core" if cores == 1 else "cores"
        found.append(f"the load was {conditions.load:.1f} on {cores} {noun}")
    return tuple(found)


def load_doubled(then: float | None, now: float | None) -> bool:
    """Whether a calibration taken at load ``then`` is out of date at load ``now`` (research/measurement 9).

    Twice the load, and at least one more thread to run: from 0.1 to 0.3 is no change to speak of.
    """
    if then is None or now is None:
        return False
    return now >= DOUBLED * then and now - then >= LEAST_LOAD_CHANGE


def processor_time(stat: str, core: int | None) -> tuple[int, int] | None:
    """Jiffies in all and stolen ones from the text of ``/proc/stat``; ``None`` where they are not in it.

    The first eight fields are user, nice, system, idle, iowait, irq, softirq and steal; what follows (guest
    time) is contained in user and nice already. See proc(5).
    """
    name = "cpu" if core is None else f"cpu{core}"
    for line in stat.splitlines():
        label, *fields = line.split()[:9] or [""]
        if label == name and len(fields) == 8 and all(field.isdecimal() for field in fields):
            return sum(map(int, fields)), int(fields[7])
    return None


def throttle_events(counters: Mapping[str, str]) -> int | None:
    """Events from the texts of ``cpuN/thermal_throttle/*`` by path; ``None`` where there are no such files.

    Cores have a counter each. That of the package is repeated below every core, so the largest is taken.
    """
    cores = [int(text) for path, text in counters.items() if path.endswith("/core_throttle_count")]
    packages = [int(text) for path, text in counters.items() if path.endswith("/package_throttle_count")]
    if not cores and not packages:
        return None
    return sum(cores) + max(packages, default=0)


def _grown(start: float | None, end: float | None) -> float | None:
    """How much a counter grew; 0 where it fell (a clock that was set, a core that was taken off)."""
    return None if start is None or end is None else max(0, end - start)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def _asleep() -> float | None:
    """Linux only: CLOCK_BOOTTIME goes on while the machine sleeps, CLOCK_MONOTONIC does not."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return None if boot is None else time.clock_gettime(boot) - time.clock_gettime(time.CLOCK_MONOTONIC)


def _throttle_counters() -> dict[str, str]:
    texts = {str(path): _text(path) for path in CPUS.glob("cpu[0-9]*/thermal_throttle/*_throttle_count")}
    return {path: text.strip() for path, text in texts.items() if text and text.strip().isdecimal()}
