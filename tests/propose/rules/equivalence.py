"""Original and rewritten code side by side on the same calls: the harness of the rules' property tests.

``assert_equivalent`` is what tests call; ``nasty`` next door has the values to call with, ``portrait`` the
comparison.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import inspect
import io
import logging
import sys
import textwrap
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hasten.agent.facts import Facts
from hasten.agent.propose.edits import apply_edits
from hasten.agent.propose.rules.base import Rewrite
from hasten.agent.propose.rules.rewriting import rewrite
from tests.propose.rules.nasty import Make, Stream, events
from tests.propose.rules.portrait import Portrait

__all__ = ["Make", "Stream", "assert_equivalent", "rewritten"]

Space = dict[str, Any]
Meddle = Callable[[tuple[Any, ...], int], object]
_NAME = "subject"
_SHOWN = 1500
_MOST_ITEMS = 2000
"""Elements taken from a generator that a call returned: one may never end."""


def assert_equivalent(
    source: str,
    qualname: str,
    rule_id: str,
    calls: list[tuple[Any, ...]],
    facts: Facts | None = None,
    *,
    meddle: Meddle | None = None,
) -> bool:
    """Whether the rule rewrites ``qualname``; if it does, both versions must do the same on every call.

    The calls run in order, in one fresh module per side, on deep copies of their arguments; positional
    arguments only, a dict of keywords may stand last inside ``Keywords``. Markers anywhere in the arguments
    are replaced on each side: ``Make(build)`` by ``build(namespace of the module)`` (a receiver, an instance
    of a class of the module), ``Stream(values)`` by a generator that records how far it was read. A method
    takes its receiver first.

    Compared: result (types, NaN, order of dict keys, which parts are the same object and which of them are
    arguments), exception type, arguments and module-level data afterwards, output, log records, warnings, and
    the order of events that traced values and streams report. A generator that comes back is run out, with
    ``meddle(arguments, turn)`` called after each element (the caller changing what it passed). The rewritten
    definition must also be left alone by the rule.
    """
    source = textwrap.dedent(source)
    after = rewritten(source, qualname, rule_id, facts)
    if after is None:
        return False
    again = rewritten(after, qualname, rule_id, facts)
    assert again is None, f"{rule_id} is not idempotent:\n{after}\nbecomes\n{again}"
    original, new = _load(source), _load(after)
    data = _data_names(original)
    for number, call in enumerate(calls):
        expected = _portrait(original, qualname, call, data, meddle)
        found = _portrait(new, qualname, call, data, meddle)
        assert found == expected, _message(rule_id, number, call, expected, found, source, after)
    return True


@dataclass(frozen=True)
class Keywords:
    """Keyword arguments, as the last element of a call."""

    values: dict[str, Any]


@lru_cache(maxsize=512)
def _rewrites(source: str, qualname: str, rule_id: str, facts: _Facts) -> tuple[Rewrite, ...]:
    return tuple(rewrite("m.py", source, qualname, facts.facts, only={rule_id}))


@dataclass(frozen=True)
class _Facts:
    """Facts as a key: they hold mappings."""

    text: str
    facts: Facts | None

    def __hash__(self) -> int:
        return hash(self.text)


def rewritten(source: str, qualname: str, rule_id: str, facts: Facts | None = None) -> str | None:
    """The file after the rule, ``None`` where it is silent."""
    found = _rewrites(source, qualname, rule_id, _Facts(repr(facts), facts))
    return _applied(source, found[0]) if found else None


def _applied(source: str, found: Rewrite) -> str:
    return apply_edits({found.edit.path: source}.get, [found.edit])[found.edit.path]


@lru_cache(maxsize=512)
def _compiled(source: str) -> types.CodeType:
    return compile(source, f"{_NAME}.py", "exec", dont_inherit=True)


def _load(source: str) -> Space:
    """A fresh module of its own, visible under the same name while it is being made (dataclasses look)."""
    module = types.ModuleType(_NAME)
    before = sys.modules.get(_NAME)
    sys.modules[_NAME] = module
    try:
        exec(_compiled(source), module.__dict__)
    finally:
        if before is None:
            del sys.modules[_NAME]
        else:
            sys.modules[_NAME] = before
    return module.__dict__


def _data_names(space: Space) -> list[str]:
    """Module-level variables that hold data: their contents after a call are part of the behaviour."""
    code = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
    return [
        name
        for name, value in space.items()
        if not name.startswith("__") and not isinstance(value, code) and not hasattr(value, "__wrapped__")
    ]


def _portrait(
    space: Space, qualname: str, call: tuple[Any, ...], data: list[str], meddle: Meddle | None
) -> tuple[object, ...]:
    given = copy.deepcopy(call, {"space": space})  # type: ignore[dict-item]  # markers read it there
    keywords: dict[str, Any] = {}
    if given and isinstance(given[-1], Keywords):
        keywords, given = given[-1].values, given[:-1]
    function = _lookup(space, qualname)
    portrait = Portrait()
    with _recorded() as record:
        ending = _run(function, given, keywords, portrait, meddle)
    done = record()
    rest = [portrait.of(argument) for argument in (*given, *keywords.values())]
    return ending, rest, {name: portrait.of(space.get(name)) for name in data}, done


def _lookup(space: Space, qualname: str) -> Callable[..., Any]:
    first, *others = qualname.split(".")
    found = space[first]
    for name in others:
        found = getattr(found, name)
    return found


def _run(
    function: Callable[..., Any],
    given: tuple[Any, ...],
    keywords: dict[str, Any],
    portrait: Portrait,
    meddle: Meddle | None,
) -> object:
    """How the call ended, lazily made elements included."""
    for argument in (*given, *keywords.values()):
        portrait.introduce(argument)
    taken: list[object] = []
    try:
        result = function(*given, **keywords)
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
        if inspect.isasyncgen(result):
            result = _drained(result)
        if not hasattr(type(result), "__next__") or any(result is argument for argument in given):
            return "returned", portrait.of(result)
        for turn in range(_MOST_ITEMS):
            events().append(("asked", turn))
            try:
                item = next(result)
            except StopIteration as stop:
                taken.append(("returned", portrait.of(stop.value)))
                break
            taken.append(portrait.of(item))
            if meddle:
                meddle(given, turn)
    except Exception as error:
        return "raised", type(error).__qualname__, taken
    return "yielded", type(result).__name__, taken


def _drained(source: Any) -> Iterator[Any]:
    async def take() -> list[Any]:
        return [item async for item in source]

    yield from asyncio.run(take())


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append((record.levelno, record.getMessage()))


@contextlib.contextmanager
def _recorded() -> Iterator[Callable[[], object]]:
    """Everything a call does besides returning; ask once the block is left."""
    out, err, handler = io.StringIO(), io.StringIO(), _Records()
    logger = logging.getLogger()
    log = events()
    log.clear()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        logger.addHandler(handler)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                yield lambda: (
                    list(kept),
                    out.getvalue(),
                    err.getvalue(),
                    handler.seen,
                    {(w.category.__name__, str(w.message)) for w in warned},
                )
        finally:
            logger.removeHandler(handler)
            kept = list(log)


def _message(
    rule_id: str,
    number: int,
    call: tuple[Any, ...],
    expected: tuple[object, ...],
    found: tuple[object, ...],
    source: str,
    after: str,
) -> str:
    names = ("ending", "arguments", "module", "doings")
    differing = [
        f"{name}:\n  original  {repr(a)[:_SHOWN]}\n  rewritten {repr(b)[:_SHOWN]}"
        for name, a, b in zip(names, expected, found, strict=True)
        if a != b
    ]
    title = f"{rule_id} changes behaviour on call {number}: {repr(call)[:_SHOWN]}"
    return "\n".join([title, *differing, "", source, "becomes", after])
