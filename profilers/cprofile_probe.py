"""The cProfile side of the injected launcher; runs in the user's interpreter (Python 3.8, stdlib only)."""

from __future__ import annotations

import cProfile
import os
import sys
import threading

profiles: list[cProfile.Profile] = []
started_in = os.getcwd()  # noqa: PTH109


def enable() -> None:
    profile = cProfile.Profile()
    try:
        profile.enable()
    except ValueError:  # the program profiles itself: Python 3.12 allows one profiler at a time
        return
    profiles.append(profile)


def in_thread(_frame: object, _event: str, _argument: object) -> None:
    """First event of a new thread: hand over to a profiler of its own."""
    sys.setprofile(None)
    enable()


def start(_options: object) -> None:
    if sys.version_info < (3, 12):  # from 3.12 on, one profiler sees every thread
        threading.setprofile(in_thread)
    enable()


def restart(options: object) -> None:
    for profile in profiles:
        profile.disable()
    profiles.clear()
    start(options)


def absolute(file: str) -> str:
    """Scripts may carry the relative path they were started with."""
    if file.startswith(("<", "~", "/")):
        return file
    return os.path.normpath(os.path.join(started_in, file))  # noqa: PTH118


def stop() -> list[list[object]]:
    """``[[file, line, name, calls, own_s, total_s, [[file, line, name, own_s, total_s], ...]], ...]``"""
    rows: list[list[object]] = []
    for profile in profiles:
        profile.create_stats()
        for (file, line, name), (_, calls, own, total, callers) in profile.stats.items():
            edges = [[absolute(f), n, c, e[2], e[3]] for (f, n, c), e in callers.items()]
            rows.append([absolute(file), line, name, calls, own, total, edges])
    return rows
