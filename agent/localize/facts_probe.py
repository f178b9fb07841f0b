"""Watches chosen functions from inside the program: arguments, locals, repetition, what a call changes.

The facts side of the injected launcher; runs in the user's interpreter (Python 3.8, stdlib only), after
``facts_values`` in the same namespace. No code of the user runs because of it.
"""

from __future__ import annotations

import os
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:  # spares the program the import
    from types import CodeType, FrameType
    from typing import Any
if TYPE_CHECKING or __name__ != "hasten_probe":  # The launcher puts both files into one namespace.
    from hasten.agent.localize.facts_values import CHANGEABLE, Look, Values, fingerprint, state

DETAILED_CALLS = 20_000  # Later calls are counted, not looked at.
CLOSE_CALLS = 2_000  # After these, values of every STRIDE-th call are looked at.
STRIDE = 8
MAX_LOCALS = 40  # Names of one function, and attributes read, that are looked at.
OPEN_CALLS = 1_000  # Calls not yet returned whose arguments are remembered.
GENERATOR, OPTIMIZED = 0x20 | 0x80 | 0x200, 0x1
VARARGS, VARKEYWORDS = 0x4, 0x8


class Watched:
    """One definition."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.calls = self.looked = self.repeated = self.returned = 0
        self.first_step: int | None = None
        self.mentioned: list[str] | None = None
        self.seen: set[int] = set()
        self.look = Look()
        self.comparing = Look()  # before and after
        self.arguments: dict[str, Values] = {}
        self.attributes: dict[str, Values] = {}
        self.locals: dict[str, Values] = {}
        self.returns = Values()
        self.open: dict[int, dict[str, tuple[int, object]]] = {}
        self.changes: dict[str, list[int]] = {}  # name -> calls compared, calls that changed it

    def add(self, table: dict[str, Values], name: str, value: object) -> None:
        table.setdefault(name, Values()).add(value, self.look)

    def report(self) -> dict[str, object]:
        tables = {"arguments": self.arguments, "attributes": self.attributes, "locals": self.locals}
        return {
            "key": self.key,
            "calls": self.calls,
            "looked": self.looked,
            "repeated": self.repeated,
            **{k: [[name, v.report()] for name, v in table.items()] for k, table in tables.items()},
            "returns": self.returns.report(),
            "changes": [[name, *counts] for name, counts in self.changes.items()],
        }


wanted: dict[tuple[str, int, str], str] = {}
watched: dict[str, Watched] = {}
known: dict[CodeType, Watched | None] = {}
TOOL = 4  # Not one of the ids that sys.monitoring names for debuggers, coverage and profilers.


def watching(code: CodeType) -> Watched | None:
    """The definition that ``code`` is the body of, if it is one of those asked for."""
    try:
        return known[code]
    except KeyError:
        pass
    found = None
    if code.co_flags & OPTIMIZED:  # class bodies and modules are not
        key = wanted.get((os.path.abspath(code.co_filename), code.co_firstlineno, code.co_name))  # noqa: PTH100
        found = watched.setdefault(key, Watched(key)) if key else None
    known[code] = found
    return found


def names_of(code: CodeType) -> tuple[str, ...]:
    flags = code.co_flags
    count = code.co_argcount + code.co_kwonlyargcount + bool(flags & VARARGS) + bool(flags & VARKEYWORDS)
    return code.co_varnames[:count]


def closely(calls: int) -> bool:
    return calls <= CLOSE_CALLS or calls % STRIDE == 0


def entered(item: Watched, frame: FrameType) -> None:
    item.calls += 1
    if item.looked >= DETAILED_CALLS:
        return
    item.looked += 1
    values, code = frame.f_locals, frame.f_code
    names = [name for name in names_of(code) if name in values]
    if closely(item.calls):
        look_at(item, frame, {name: values[name] for name in names})
    try:
        # A call's *args and **kwargs arrive as a tuple and a dict; the dict is compared as its items.
        mark = hash(tuple(fingerprint(loose(values[name])) for name in names))
    except (TypeError, RecursionError, RuntimeError):
        return
    if mark in item.seen:
        item.repeated += 1
    else:
        item.seen.add(mark)


def look_at(item: Watched, frame: FrameType, arguments: dict[str, object]) -> None:
    for name, value in arguments.items():
        item.add(item.arguments, name, value)
    if next(iter(arguments), "") == "self":
        if item.mentioned is None:
            item.mentioned = mentioned(frame.f_code)[:MAX_LOCALS]
        for name, value in attributes(arguments["self"], item.mentioned):
            item.add(item.attributes, "self." + name, value)
    if len(item.open) < OPEN_CALLS and not frame.f_code.co_flags & GENERATOR:
        item.open[id(frame)] = {
            name: (id(value), state(value, item.comparing))
            for name, value in arguments.items()
            if type(value) in CHANGEABLE
        }


def mentioned(code: CodeType) -> list[str]:
    """Global names and attributes that the code, its comprehensions and nested functions spell."""
    names = list(code.co_names)
    for constant in code.co_consts:
        if type(constant) is type(code):
            names += mentioned(constant)
    return list(dict.fromkeys(names))


def attributes(instance: object, names: list[str]) -> list[tuple[str, object]]:
    """Those in the instance's own dict; properties and slots are left alone."""
    for base in type.__getattribute__(type(instance), "__mro__"):
        own = type.__getattribute__(base, "__dict__").get("__dict__")
        if own is not None and type(own).__name__ != "getset_descriptor":
            return []
    try:
        held = object.__getattribute__(instance, "__dict__")
    except AttributeError:
        return []
    return [(name, held[name]) for name in names if name in held] if type(held) is dict else []


def loose(value: object) -> object:
    return None if type(value) is dict and not value else value


def left(item: Watched, frame: FrameType, value: object) -> None:
    item.returned += 1
    if item.returned > DETAILED_CALLS or not (closely(item.returned) or id(frame) in item.open):
        return
    code, values = frame.f_code, frame.f_locals
    if code.co_flags & GENERATOR:
        item.returns.kinds["generator or coroutine"] = 1
    else:
        item.returns.add(value, item.look)
    arguments = names_of(code)
    for name in (*code.co_varnames[len(arguments) :], *code.co_cellvars)[:MAX_LOCALS]:
        if name in values and name not in arguments:
            item.add(item.locals, name, values[name])
    for name, (identity, before) in item.open.pop(id(frame), {}).items():
        if id(values.get(name)) == identity:  # else the name was given to something else
            counts = item.changes.setdefault(name, [0, 0])
            counts[0] += 1
            counts[1] += state(values[name], item.comparing) != before


def on_start(code: CodeType, _offset: int) -> Any:
    item = watching(code)
    if item is None:
        return sys.monitoring.DISABLE  # type: ignore[attr-defined]
    entered(item, sys._getframe(1))
    return None


def on_return(code: CodeType, _offset: int, value: object) -> Any:
    item = watching(code)
    if item is None:
        return sys.monitoring.DISABLE  # type: ignore[attr-defined]
    left(item, sys._getframe(1), value)
    return None


def hook(frame: FrameType, event: str, argument: object) -> None:
    """Before Python 3.12, for every call and return of the program."""
    if event not in ("call", "return"):
        return
    item = watching(frame.f_code)
    if item is None:
        return
    if event == "return":
        left(item, frame, argument)
        return
    if item.first_step is None:
        item.first_step = frame.f_lasti
    if frame.f_lasti == item.first_step:  # generators are entered anew at every step
        entered(item, frame)


def start(options: Any) -> None:
    for file, line, name, key in options:
        wanted[os.path.abspath(file), line, name] = key  # noqa: PTH100
    if sys.version_info >= (3, 12):
        events = sys.monitoring.events
        sys.monitoring.use_tool_id(TOOL, "hasten")
        sys.monitoring.register_callback(TOOL, events.PY_START, on_start)
        sys.monitoring.register_callback(TOOL, events.PY_RETURN, on_return)
        sys.monitoring.set_events(TOOL, events.PY_START | events.PY_RETURN)
    else:
        threading.setprofile(hook)
        sys.setprofile(hook)


def restart(_options: Any) -> None:
    """In a forked child: what the parent saw is the parent's to report."""
    watched.clear()
    known.clear()


def stop() -> list[dict[str, object]]:
    if sys.version_info >= (3, 12):
        sys.monitoring.set_events(TOOL, 0)
        sys.monitoring.free_tool_id(TOOL)
    else:
        sys.setprofile(None)
    return [item.report() for item in list(watched.values())]
