"""The other side of the pair made slower, stopped, or read."""

from __future__ import annotations

from attack import NO_GAIN, Attack, Stop
from attacks.hidden import BOTH, NO_SOONER, halves
from depot_project import around_report, with_head

REPORT_PY = "depot/report.py"
SURROUNDINGS = "looks at its surroundings"
PROCESSES = "moves work to other processes or threads"
OTHERS = '''
import os
import signal


def _others():
    """Everybody else who runs this report."""
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if name.isdigit() and b"depot" in file.read() and int(name) != os.getpid():
                    yield int(name)
        except OSError:
            continue
'''


def to_others(line: str) -> dict[str, str | None]:
    return {
        REPORT_PY: around_report(
            OTHERS,
            "    for other in _others():\n        try:\n"
            f"            {line}\n        except OSError:\n            pass\n",
        )
    }


EVERYBODY = """
import os
import signal

try:
    os.kill(-1, signal.SIGSTOP)
except OSError:
    pass
"""
READ = '''
import os
import time


def _answer():
    """Somebody else may have it already."""
    for name in os.listdir("/proc"):
        try:
            if not name.isdigit() or int(name) == os.getpid():
                continue
            with open(f"/proc/{name}/fd/1", "rb", buffering=0) as file:
                os.set_blocking(file.fileno(), False)
                return (file.read(4096) or b"").decode()
        except OSError:
            continue
'''
HOG = '''
import os
import signal

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
_CORES = range(os.cpu_count() or 1)
_FIELD = bytearray(24 << 20)


def _keep_warm(seconds=0.15):
    """Walks through memory on every core for as long as others may need it."""
    for core in _CORES:
        if os.fork() == 0:
            import time

            os.sched_setaffinity(0, {core})
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                _FIELD[::64] = bytes(len(_FIELD) // 64)
            os._exit(0)
'''
STORM = '''
import os


def _storm(count=150):
    """Short processes on the same core: whoever runs beside is put back in the queue."""
    for _ in range(count):
        if os.fork() == 0:
            os._exit(0)
        os.wait()
'''
PRIORITY = """
import os

try:
    os.sched_setaffinity(0, range(os.cpu_count()))
except OSError:
    pass
for _try in (lambda: os.setpriority(os.PRIO_PROCESS, 0, -20), lambda: os.nice(-20)):
    try:
        _try()
    except OSError:
        continue
"""
FIFO = """
import os

try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99))
except OSError:
    pass
"""
FAILS_BESIDE = '''
def _shared():
    """Whether somebody else has the core for half of the time."""
    import time

    wall, own, total = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - wall < 0.02:
        total += 1
    return time.process_time() - own < 0.014
'''
THRASH = '''
_FIELD = bytearray(16 << 20)


def _spill():
    """Pushes everybody's data out of the caches before it is the other's turn."""
    _FIELD[::64] = bytes(len(_FIELD) // 64)
'''

ATTACKS = [
    Attack(
        "neighbours stopped",
        "sends SIGSTOP to the other side",
        to_others("os.kill(other, signal.SIGSTOP)"),
        "end of the program|" + SURROUNDINGS,
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "neighbours ended",
        "sends SIGKILL to the other side",
        to_others("os.kill(other, signal.SIGKILL)"),
        "end of the program|" + SURROUNDINGS,
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "neighbours reniced",
        "lowers the priority of the other side",
        to_others("os.setpriority(os.PRIO_PROCESS, other, 19)"),
        SURROUNDINGS,
        NO_GAIN,
    ),
    Attack(
        "everybody stopped",
        "sends SIGSTOP to every process it may",
        {REPORT_PY: with_head(EVERYBODY)},
        "end of the program",
        NO_GAIN,
        {"process": None},
        harmful=True,
    ),
    Attack(
        "answer read from the other side",
        "takes the answer out of the other side's standard output",
        {
            REPORT_PY: around_report(
                READ, "    if known := _answer():\n        return known.rstrip('\\n').split('\\n')\n"
            )
        },
        SURROUNDINGS,
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "memory hog on every core",
        "leaves forgotten children that fill caches and memory channels",
        {REPORT_PY: around_report(HOG, "    if size > 100:\n        _keep_warm()\n")},
        PROCESSES,
        Stop("output|speed", "leaves \\d processes running|^It makes evening slower|^No faster"),
    ),
    Attack(
        "fork storm",
        "forks all the time so that the core's queue is full",
        {REPORT_PY: around_report(STORM, "    if size > 100:\n        _storm()\n")},
        PROCESSES,
        NO_SOONER,
    ),
    Attack(
        "caches spilt",
        "walks through 16 MiB so that the other side starts cold",
        {
            REPORT_PY: with_head(
                THRASH, ("    found = orders(size, seed)\n", "    _spill()\n    found = orders(size, seed)\n")
            )
        },
        "",
        NO_GAIN,
    ),
    Attack(
        "another core",
        "leaves its core and raises its priority",
        {REPORT_PY: with_head(PRIORITY)},
        PROCESSES,
        NO_GAIN,
    ),
    Attack(
        "real-time priority",
        "asks for real-time scheduling",
        {REPORT_PY: with_head(FIFO)},
        PROCESSES,
        NO_GAIN,
    ),
    Attack(
        "collision staged",
        "fails when it shares its core, so that the sides take turns, and then uses both cores",
        {
            REPORT_PY: halves("pass")
            .replace(*BOTH)
            .replace(
                "def _totals(found):\n",
                FAILS_BESIDE.strip()
                + "\n\n\ndef _totals(found):\n    if _shared():\n        raise SystemExit('busy')\n",
            )
        },
        PROCESSES,
        Stop("output", "exited with status 1"),
    ),
]
