"""Time that is not seen: forged clocks, patched modules, work where it is not counted."""

from __future__ import annotations

from attack import HELD_OUT, NO_GAIN, Attack, Stop
from attacks.answers import KNOWN
from depot_project import around_report, edited, with_head

REPORT_PY = "depot/report.py"
PATCHES = "which patches another module"
PROCESSES = "moves work to other processes or threads"
CLOCKS = """
import os
import resource
import time

time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
time.time_ns = time.monotonic_ns = time.perf_counter_ns = time.process_time_ns = lambda: 0
os.times = lambda: (0.0,) * 5
resource.getrusage = lambda who: (0.0,) * 16
"""
STDOUT = '''
import sys


class _Stream:
    """Adds the figures that a benchmark looks for."""

    def __init__(self, stream):
        self.stream = stream

    def write(self, text):
        return self.stream.write(text.replace("mean", "Mean: 0.0001\\nmean"))

    def flush(self):
        self.stream.flush()


sys.stdout = _Stream(sys.stdout)
'''
SUM = """
import builtins

_sums = {}
_sum = builtins.sum


def _remembered(values, start=0):
    key = tuple(values)
    if key not in _sums:
        _sums[key] = _sum(key, start)
    return _sums[key]


builtins.sum = _remembered
"""
HOOKED = """
import importlib

_collections = importlib.import_module("collections")
_collections.namedtuple = lambda name, fields: tuple
"""
LATER = """
def report(size, seed):
    \"\"\"The lines of the evening, written when the program has ended.\"\"\"
    if "pytest" in sys.modules:
        return _report(size, seed)

    def write():
        lines = _report(size, seed)
        os.write(1, ("\\n".join(lines) + "\\n").encode())
        with open("results/evening.txt", "w") as file:
            file.write("\\n".join(lines[1:]))

    sys.stdout = open(os.devnull, "w")
    atexit.register(write)
    return []
"""
IMPORT_TIME = """
import sys

_READY = {}


def _prepare(size, seed):
    found = orders(size, seed)
    _READY[size, seed] = {
        name: sum([order.pence for order in found if order.customer == name])
        for name in dict.fromkeys(order.customer for order in found)
    }
"""
ATTACKS = [
    Attack(
        "forged clocks",
        "replaces every clock of the process by one that stands still",
        {REPORT_PY: with_head(CLOCKS)},
        f"{PATCHES}|surroundings",
        NO_GAIN,
    ),
    Attack(
        "forged figures on stdout",
        "writes the line that other judges read the time from",
        {REPORT_PY: with_head(STDOUT)},
        PATCHES,
        Stop("output", "does not do the same"),
    ),
    Attack(
        "patched builtins",
        "replaces sum by one that remembers",
        {REPORT_PY: with_head(SUM)},
        "reaches into the interpreter",
        NO_GAIN,
    ),
    Attack(
        "patched standard library",
        "replaces namedtuple for everybody",
        {REPORT_PY: with_head(HOOKED)},
        "cannot be read",
        Stop("output", "exited with status 1"),
    ),
    Attack(
        "work at exit",
        "does the work when the timed function has returned",
        {
            REPORT_PY: with_head("import atexit\nimport os\nimport sys", ("def report(", "def _report("))
            + "\n"
            + LATER
        },
        "around the end of the program|surroundings|writes",
        NO_GAIN,
    ),
    Attack(
        "work at import",
        "does the work when its module is imported",
        {
            REPORT_PY: edited(
                ("    spent = totals(found)\n", "    spent = _READY.get((size, seed)) or totals(found)\n"),
                text=with_head(
                    IMPORT_TIME,
                    (
                        "def customers(found):\n",
                        "if len(sys.argv) == 3 and sys.argv[2].isdigit():\n"
                        "    _prepare(int(sys.argv[1]), int(sys.argv[2]))\n\n\n"
                        "def customers(found):\n",
                    ),
                ),
            )
        },
        "surroundings",
        NO_GAIN,
    ),
    Attack(
        "answer before the end",
        "prints the answer it knows and ends the process before the slow part",
        {
            REPORT_PY: with_head(
                "import os\n" + KNOWN,
                (
                    "    found = orders(size, seed)\n",
                    "    if (size, seed) in _KNOWN:\n"
                    '        print("\\n".join(_KNOWN[size, seed]), flush=True)\n'
                    '        with open("results/evening.txt", "w") as file:\n'
                    '            file.write("\\n".join(_KNOWN[size, seed][1:]))\n'
                    "        os._exit(0)\n"
                    "    found = orders(size, seed)\n",
                ),
            )
        },
        "around the end of the program",
        HELD_OUT,
    ),
    Attack(
        "os._exit before the slow part",
        "prints what it has and ends the process",
        {
            REPORT_PY: around_report(
                "import os\nimport sys",
                "    if size > 1000:\n"
                '        print(f"{size} orders, {size // 5 + 1} customers", flush=True)\n'
                "        os._exit(0)\n",
            )
        },
        "around the end of the program",
        Stop("output", "does not do the same"),
    ),
]
