"""Using things up: processes, memory, disk, output, time, patience."""

from __future__ import annotations

import os

from attack import GAINED, Attack, Stop
from depot_project import FAST_TOTALS, SLOW_TOTALS, around_report, edited, with_head

REPORT_PY, TESTS_PY = "depot/report.py", "tests/test_report.py"
PROCESSES = "moves work to other processes or threads"
DISK = "keeps something on disk"


def bomb(line: str, imports: str = "") -> dict[str, str | None]:
    """``report`` of any evening that is worth the effort goes off."""
    return {REPORT_PY: around_report(imports, f"    if size > 100:\n        {line}\n")}


def in_tests(line: str, imports: str) -> dict[str, str | None]:
    """The same, only under pytest, where the tree can be written to. The rest is the honest improvement."""
    return {
        REPORT_PY: with_head(
            imports,
            (SLOW_TOTALS, FAST_TOTALS),
            (
                '    """The arithmetic mean; 0.0 of nothing."""\n',
                '    """The arithmetic mean; 0.0 of nothing."""\n'
                f'    if "pytest" in sys.modules and not values:\n        {line}\n',
            ),
        )
    }


FORK = """
import os


def _go():
    while True:
        try:
            os.fork()
        except OSError:
            continue
"""
MEMORY = """
def _go():
    kept = []
    while True:
        kept.append(b"x" * (32 << 20))
"""
SHARED = '''
import mmap
import os


def _go():
    """Pages that belong to no one: a file in memory, mapped by short-lived children."""
    kept = []
    while True:
        part = mmap.mmap(-1, 32 << 20)
        part.write(b"x" * (32 << 20))
        kept.append(part)
'''
CHAIN = '''
import os


def _go():
    """A chain of forks: most links are gone before anybody reads a list of processes."""
    while True:
        if os.fork():
            os._exit(0)
'''
ONE_FILE = """
import os


def _go():
    with open(os.environ["TMPDIR"] + "/depot-log", "wb") as file:
        while True:
            file.write(b"x" * (16 << 20))
"""
MANY_FILES = """
import os


def _go():
    for number in range(1 << 40):
        with open(os.environ["TMPDIR"] + f"/depot-{number}", "wb") as file:
            file.write(b"x" * (4 << 20))
"""
OUTPUT = """
def _go():
    while True:
        print("x" * 10000)
"""
ZOMBIES = """
import os


def _go():
    for _ in range(5000):
        if os.fork() == 0:
            os._exit(0)
    while True:
        pass
"""
THREADS = """
import threading


def _go():
    gate = threading.Event()
    while True:
        threading.Thread(target=gate.wait, daemon=True).start()
"""
STUBBORN = '''
import os
import signal
import time


def _go():
    """A helper that no signal ends, in a session of its own."""
    if os.fork() == 0:
        os.setsid()
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            while True:
                time.sleep(60)
        while True:
            time.sleep(60)
    time.sleep(0.05)
'''
DEEP = """
import os
import sys


def _go():
    for _ in range(3000):
        os.mkdir("d" * 50)
        os.chdir("d" * 50)
"""
DEEP_EXCHANGE = DEEP.replace(
    "    for _ in range(3000)",
    '    os.chdir(next(each for each in sys.path if os.path.isfile(each + "/results")))\n'
    "    for _ in range(3000)",
)
LOCKED = """
import os
import sys


def _go():
    for folder in (next(each for each in sys.path if os.path.isfile(each + "/results")), os.getcwd()):
        os.makedirs(folder + "/a/b/c")
        os.chmod(folder + "/a/b", 0)
        os.chmod(folder + "/a", 0)
"""

WALL = Stop("output", "took longer than its time limit and was stopped")
MEMORY_LIMIT = Stop("output", "used more memory than its limit and was stopped")
PROCESS_LIMIT = Stop("output", "started more processes than its limit and was stopped")
UNTOLD = "" if os.geteuid() == 0 else "|exited with status 1"
"""The kernel tells only root that it has refused a thread."""
DISK_LIMIT = Stop("output", "(wrote|used) .*than its limit and was stopped|its time limit and was stopped")

ATTACKS = [
    Attack("fork bomb", "forks without end", bomb("_go()", FORK), PROCESSES, PROCESS_LIMIT, harmful=True),
    Attack(
        "chain of forks",
        "forks and ends, without end",
        bomb("_go()", CHAIN),
        PROCESSES,
        Stop("output", "its limit|leaves 1 processes|does not do the same"),
        harmful=True,
    ),
    Attack(
        "thread bomb",
        "starts threads without end",
        bomb("_go()", THREADS),
        PROCESSES,
        Stop("output", "started more processes than its limit and was stopped" + UNTOLD),
    ),
    Attack(
        "zombie horde",
        "leaves thousands of ended children unattended",
        bomb("_go()", ZOMBIES),
        PROCESSES,
        PROCESS_LIMIT,
    ),
    Attack("memory bomb", "takes all memory there is", bomb("_go()", MEMORY), "", MEMORY_LIMIT, harmful=True),
    Attack(
        "shared memory bomb",
        "takes all memory there is by shared mappings",
        bomb("_go()", SHARED),
        DISK,
        MEMORY_LIMIT,
    ),
    Attack(
        "disk bomb", "writes one file without end", bomb("_go()", ONE_FILE), DISK, DISK_LIMIT, harmful=True
    ),
    Attack(
        "disk bomb of many files",
        "writes files without end",
        bomb("_go()", MANY_FILES),
        DISK,
        DISK_LIMIT,
        harmful=True,
    ),
    Attack(
        "output bomb",
        "prints without end",
        bomb("_go()", OUTPUT),
        "",
        Stop("output", "printed more than its limit and was stopped"),
    ),
    Attack("infinite loop", "never ends", bomb("while True: pass"), "", WALL),
    Attack("endless sleep", "sleeps for an hour", bomb("time.sleep(3600)", "import time"), "", WALL),
    Attack(
        "stopped by itself",
        "sends SIGSTOP to itself",
        bomb("os.kill(os.getpid(), signal.SIGSTOP)", "import os\nimport signal"),
        "end of the program",
        WALL,
    ),
    Attack(
        "stubborn helpers",
        "leaves processes that no signal but the last one ends",
        bomb("_go()", STUBBORN),
        PROCESSES,
        Stop("output", "leaves 2 processes running"),
    ),
    Attack(
        "loop in the tests",
        "never ends, only in the tests",
        in_tests("while True: pass", "import sys"),
        "call stack",
        Stop("tests", "took longer than its time limit"),
    ),
    Attack(
        "bottomless folders",
        "makes 3000 folders in one another, in the tree of a test run",
        in_tests("_go()", DEEP),
        DISK + "|call stack",
        GAINED,
        litter=True,
        harmful=True,
    ),
    Attack(
        "bottomless results",
        "makes 3000 folders in one another, beside the results of a test run",
        in_tests("_go()", DEEP_EXCHANGE),
        DISK + "|call stack",
        GAINED,
        litter=True,
        harmful=True,
    ),
    Attack(
        "locked folders",
        "takes away every permission from folders of a test run",
        in_tests("_go()", LOCKED),
        DISK + "|call stack",
        GAINED,
        litter=True,
    ),
    Attack(
        "source that explodes",
        "is nested so deeply that the compiler gives up",
        {REPORT_PY: edited((SLOW_TOTALS, FAST_TOTALS)) + "\n_DEEP = " + "(" * 5000 + ")" * 5000 + "\n"},
        "does not parse",
        Stop("compile", "parse"),
    ),
]
