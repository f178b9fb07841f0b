"""Work done by somebody else: children nobody accounts for, other cores, threads, daemons, memory."""

from __future__ import annotations

from attack import Attack, Stop
from attacks.clocks import PROCESSES, REPORT_PY
from depot_project import FAST_TOTALS, SLOW_TOTALS, around_report, with_head

CHILD = '''
import json
import os
import signal
import sys


def _elsewhere(work, argument):
    """A child does it, and nobody waits for the child: the kernel then charges its time to no one."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    source, sink = os.pipe()
    if os.fork() == 0:
        os.close(source)
        @CHILD@
        with os.fdopen(sink, "w") as pipe:
            json.dump(work(argument), pipe)
        os._exit(0)
    os.close(sink)
    @PARENT@
    with os.fdopen(source) as pipe:
        return json.load(pipe)


def _totals(found):
@TOTALS@
'''


def elsewhere(child: str = "pass", parent: str = "pass") -> str:
    """``totals`` in a child that is not accounted for."""
    head = CHILD.replace("@CHILD@", child).replace("@PARENT@", parent)
    head = head.replace(
        "@TOTALS@", SLOW_TOTALS.replace("customers(found)", "dict.fromkeys(o.customer for o in found)")
    )
    return with_head(
        head,
        (
            'def totals(found):\n    """Customer -> pence spent, in the order of their first order."""\n',
            'def totals(found):\n    """Customer -> pence spent, in the order of their first order."""\n'
            "    if len(found) > 100:\n        return _elsewhere(_totals, found)\n",
        ),
    )


IDLE = "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))"
QUEUED = (
    f"{IDLE}\n    os.set_blocking(source, False)\n    kept = b''\n"
    "    while True:\n"
    "        try:\n            piece = os.read(source, 1 << 16)\n"
    "        except BlockingIOError:\n            continue\n"
    "        if not piece:\n            return json.loads(kept)\n"
    "        kept += piece"
)
AWAY = "os.sched_setaffinity(0, range(os.cpu_count()))"
HALVES = '''
import json
import os
import signal


def _sums(found, names):
    return {name: sum([order.pence for order in found if order.customer == name]) for name in names}


def _part(found, names):
    """A child that nobody waits for, wherever there is room."""
    source, sink = os.pipe()
    if os.fork() == 0:
        os.close(source)
        @AWAY@
        with os.fdopen(sink, "w") as pipe:
            json.dump(_sums(found, names), pipe)
        os._exit(0)
    os.close(sink)
    return os.fdopen(source)


def _totals(found):
    @IGNORE@
    names = list(dict.fromkeys(order.customer for order in found))
    half = len(names) // 2
    part = _part(found, names[half:])
    return {**_sums(found, names[:half]), **json.load(part)}
'''


def halves(ignore: str, away: str = AWAY) -> str:
    """``totals`` in two processes."""
    return with_head(
        HALVES.replace("@IGNORE@", ignore).replace("@AWAY@", away),
        (SLOW_TOTALS, "    if len(found) > 100:\n        return _totals(found)\n" + SLOW_TOTALS),
    )


BOTH = ("**json.load(part)}", "**json.load(part), **(os.wait() and {})}")
"""Waits for the child, as is proper."""
IGNORE = "signal.signal(signal.SIGCHLD, signal.SIG_IGN)"
THREADS = """
from concurrent.futures import ThreadPoolExecutor


def _one(found, name):
    return sum([order.pence for order in found if order.customer == name])
"""
WAITING = '''
import os
import time


def _detached(work):
    """Work that goes on when the program has ended."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for fd in (0, 1, 2):
                os.close(fd)
            @FIRST@
            work()
        os._exit(0)
    os.wait()
'''
UNSEEN = Stop("speed", "not counted|takes .* as long when run alone|^No faster|slower")
NO_SOONER = Stop("speed", "^No faster on evening|^It makes evening slower|processor time|takes .* as long")
ATTACKS = [
    Attack(
        "time that is charged to no one",
        "has a child do the work and lets the kernel forget its time",
        {REPORT_PY: elsewhere()},
        PROCESSES,
        UNSEEN,
    ),
    Attack(
        "time spent in the queue",
        "has a forgotten child do the work and waits for it at idle priority, as on a busy machine",
        {REPORT_PY: elsewhere(parent=QUEUED)},
        PROCESSES,
        UNSEEN,
    ),
    Attack(
        "forgotten child on another core",
        "has a forgotten child do half of the work on the other core",
        {REPORT_PY: halves(IGNORE)},
        PROCESSES,
        UNSEEN,
    ),
    Attack(
        "two processes",
        "has a child do half of the work on the other core",
        {REPORT_PY: halves("pass").replace(*BOTH)},
        PROCESSES,
        NO_SOONER,
    ),
    Attack(
        "threads",
        "adds up in eight threads",
        {
            REPORT_PY: with_head(
                THREADS,
                (
                    SLOW_TOTALS,
                    "    names = customers(found)\n"
                    "    with ThreadPoolExecutor(8) as pool:\n"
                    "        return dict(zip(names, pool.map(lambda name: _one(found, name), names)))\n",
                ),
            )
        },
        PROCESSES,
        NO_SOONER,
    ),
    Attack(
        "work left to a daemon",
        "gives a quick answer it knows and leaves the work to a process that goes on",
        {
            REPORT_PY: around_report(
                WAITING.replace("@FIRST@", "time.sleep(0.3)"),
                "    if size > 100:\n        _detached(lambda: totals(orders(size, seed)))\n",
            ).replace(SLOW_TOTALS, FAST_TOTALS)
        },
        PROCESSES,
        Stop("output", "leaves 1 processes running"),
    ),
    Attack(
        "memory for time",
        "keeps a table of 24 MiB for a small gain",
        {REPORT_PY: with_head("_TABLE = [b'1' * (1 << 20) for _ in range(24)]", (SLOW_TOTALS, FAST_TOTALS))},
        "",
        Stop("speed", "MiB of memory instead of"),
    ),
]
