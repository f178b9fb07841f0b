"""Becomes ``sitecustomize.py`` in the profiled program: starts the probe beside it, writes its report.

Runs in the user's interpreter, so it sticks to the standard library of Python 3.8, imports little, and
lets no failure of its own reach the program.
"""

from __future__ import annotations

import atexit
import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # spares the program the import
    from typing import Any, NoReturn

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH120, PTH100
EXIT = os._exit


def chain() -> None:
    """Run the sitecustomize that would have been imported had we not come first."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    sys.path[:] = [entry for entry in sys.path if entry != HERE]
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


def load_probe() -> tuple[dict[str, Any], object]:
    """The probe's namespace, kept out of ``sys.modules``."""
    namespace: dict[str, Any] = {"__name__": "hasten_probe"}
    parts = sorted(name for name in os.listdir(HERE) if name.startswith("part-"))  # noqa: PTH208
    for name in (*parts, "probe.py"):
        path = HERE + "/" + name
        with open(path) as file:  # noqa: PTH123
            exec(compile(file.read(), path, "exec"), namespace)
    with open(HERE + "/options.json") as file:  # noqa: PTH123
        options = json.load(file)
    return namespace, options


class Session:
    """One probe in one process; a fork starts a fresh one, so that nothing is counted twice."""

    def __init__(self) -> None:
        self.namespace, self.options = load_probe()
        self.owner = os.getpid()
        self.done = False
        self.namespace["start"](self.options)

    def finish(self) -> None:
        if self.done or self.owner != os.getpid():
            return
        self.done = True
        try:
            report = json.dumps(self.namespace["stop"]())
            path = f"{HERE}/report-{os.getpid()}-{id(self)}.json"
            with open(path + ".part", "w") as file:  # noqa: PTH123
                file.write(report)
            os.replace(path + ".part", path)  # noqa: PTH105
        except Exception as error:  # the program must not notice that its observer failed
            complain(error)

    def forked(self) -> None:
        try:
            self.owner = os.getpid()
            self.done = False
            self.namespace["restart"](self.options)
            finish_on_terminate(self)
        except Exception as error:  # as above
            complain(error)


def complain(error: Exception) -> None:
    try:
        with open(f"{HERE}/error-{os.getpid()}.txt", "w") as file:  # noqa: PTH123
            file.write(repr(error))
    except OSError:
        return


def finish_on_terminate(session: Session) -> None:
    """Worker pools end their children with SIGTERM; report first, then die of it as before."""
    import signal

    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def report(number: int, _frame: object) -> None:
        if session.done:  # already leaving; pools ask more than once, which must not cut the report short
            return
        session.finish()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, report)


def watch(session: Session) -> None:
    """Report at exit, also where the exit handlers are skipped (``os._exit`` in forked workers)."""

    def leave(status: int) -> NoReturn:
        session.finish()
        EXIT(status)

    os._exit = leave
    atexit.register(session.finish)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=session.forked)
    if "--multiprocessing-fork" in getattr(sys, "argv", ()):
        finish_on_terminate(session)


def main() -> None:
    chain()
    try:
        watch(Session())
    except Exception as error:  # as above
        complain(error)


if __name__ == "sitecustomize":
    main()
