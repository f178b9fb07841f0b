"""Watches chosen functions from inside the program: calls, argument types, lengths, repetition.

The facts side of the injected launcher; runs in the user's interpreter (Python 3.8, stdlib only). It looks
into objects of builtin and well-known types only, so that no code of the user runs because of it.
"""

from __future__ import annotations

import os
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:  # spares the program the import
    from types import CodeType, FrameType
    from typing import Any

DETAILED_CALLS = 20_000  # Later calls are counted, not looked at.
MAX_KINDS = 12
MAX_SIZES = 2048
MAX_VALUES = 32  # Elements of a tuple, characters/64 of a string, beyond which arguments are not compared.
GENERATOR, OPTIMIZED = 0x20 | 0x80 | 0x200, 0x1
VARARGS, VARKEYWORDS = 0x4, 0x8
ATOMS = (int, float, complex, bool, str, bytes, type(None))
SIZED = (list, tuple, dict, set, frozenset, str, bytes, bytearray, range)
FAMILIES = ("numpy", "pandas", "collections", "array")


class Sizes:
    """Numbers thinned evenly: when the list is full, every other one goes and the stride doubles."""

    def __init__(self) -> None:
        self.kept: list[float] = []
        self.stride = 1
        self.seen = 0

    def add(self, value: float) -> None:
        if self.seen % self.stride == 0:
            self.kept.append(value)
            if len(self.kept) >= MAX_SIZES:
                self.kept = self.kept[::2]
                self.stride *= 2
        self.seen += 1


class Values:
    """What one argument, or the return value, looked like over the calls."""

    def __init__(self) -> None:
        self.kinds: dict[str, int] = {}
        self.sizes = Sizes()
        self.numbers = Sizes()

    def add(self, value: object) -> None:
        kind = describe(value)
        if kind in self.kinds or len(self.kinds) < MAX_KINDS:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        size = size_of(value)
        if size is not None:
            self.sizes.add(size)
        elif type(value) is int and abs(value) < 1 << 53:
            self.numbers.add(value)

    def report(self) -> dict[str, object]:
        return {"kinds": self.kinds, "sizes": self.sizes.kept, "numbers": self.numbers.kept}


class Watched:
    """One definition."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.calls = self.looked = self.repeated = self.returned = 0
        self.first_step: int | None = None
        self.seen: set[int] = set()
        self.arguments: dict[str, Values] = {}
        self.returns = Values()

    def report(self) -> dict[str, object]:
        return {
            "key": self.key,
            "calls": self.calls,
            "looked": self.looked,
            "repeated": self.repeated,
            "arguments": [[name, values.report()] for name, values in self.arguments.items()],
            "returns": self.returns.report(),
        }


def family(kind: type) -> str:
    module = type.__getattribute__(kind, "__module__")
    return module.split(".")[0] if isinstance(module, str) else ""


def name_of(kind: type) -> str:
    return str(type.__getattribute__(kind, "__name__"))


def describe(value: object, depth: int = 1) -> str:
    """``list[str]``, ``dict[str, list]``, ``ndarray[float64, 2d]``; the elements are judged by the first."""
    kind = type(value)
    if depth and kind in (list, tuple, set, frozenset, dict) and len(value):  # type: ignore[arg-type]
        first = next(iter(value))  # type: ignore[call-overload]
        inner = describe(first, 0)
        if kind is dict:
            inner += ", " + describe(value[first], 0)  # type: ignore[index]
        return f"{name_of(kind)}[{inner}]"
    if name_of(kind) == "ndarray" and family(kind) == "numpy":
        return f"ndarray[{value.dtype}, {value.ndim}d]"  # type: ignore[attr-defined]
    return "None" if value is None else name_of(kind)


def size_of(value: object) -> int | None:
    if type(value) in SIZED or family(type(value)) in FAMILIES:
        try:
            return len(value)  # type: ignore[arg-type]
        except TypeError:
            return None
    return None


def fingerprint(value: object, depth: int = 2) -> object:
    """Something equal for equal values, hashed without calling the user's code; raises ``TypeError``."""
    kind = type(value)
    if kind in (str, bytes):
        if len(value) > 64 * MAX_VALUES:  # type: ignore[arg-type]
            raise TypeError
        return kind, value
    if kind in ATOMS:
        return kind, value
    if kind in (tuple, frozenset):
        if not depth or len(value) > MAX_VALUES:  # type: ignore[arg-type]
            raise TypeError
        parts = [fingerprint(part, depth - 1) for part in value]  # type: ignore[attr-defined]
        return kind, (tuple if kind is tuple else frozenset)(parts)
    if kind in SIZED or family(kind) in FAMILIES:
        raise TypeError
    return "identity", id(value)  # instances, classes and functions: the same one counts as equal


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


def entered(item: Watched, frame: FrameType) -> None:
    item.calls += 1
    if item.looked >= DETAILED_CALLS:
        return
    item.looked += 1
    values = frame.f_locals
    names = [name for name in names_of(frame.f_code) if name in values]
    for name in names:
        item.arguments.setdefault(name, Values()).add(values[name])
    try:
        # A call's *args and **kwargs arrive as a tuple and a dict; the dict is compared as its items.
        mark = hash(tuple(fingerprint(loose(values[name])) for name in names))
    except (TypeError, RecursionError):
        return
    if mark in item.seen:
        item.repeated += 1
    else:
        item.seen.add(mark)


def loose(value: object) -> object:
    return None if type(value) is dict and not value else value


def left(item: Watched, code: CodeType, value: object) -> None:
    item.returned += 1
    if item.returned > DETAILED_CALLS:
        return
    if code.co_flags & GENERATOR:
        item.returns.kinds["generator or coroutine"] = 1
    else:
        item.returns.add(value)


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
    left(item, code, value)
    return None


def hook(frame: FrameType, event: str, argument: object) -> None:
    """Before Python 3.12, for every call and return of the program."""
    if event not in ("call", "return"):
        return
    item = watching(frame.f_code)
    if item is None:
        return
    if event == "return":
        left(item, frame.f_code, argument)
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
