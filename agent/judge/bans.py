"""What a change must not start to do, found in its syntax tree.

A candidate that looks at who is calling, at its environment or at the clock can tell a measurement from real
use; one that writes files, starts processes or patches modules moves work to where it is not measured. Each
is refused only where the file did not do it before. Reading a syntax tree cannot stop a determined liar;
the sandbox, fresh processes and timing from outside are there for that. It stops the easy ways.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from hasten.agent.judge.listed import (
    ATTRIBUTES,
    BORROWED,
    BUILT_IN,
    DISHONEST_METHODS,
    HIDING,
    LOADS,
    NAMES,
    OPEN_PARTS,
    PLACES,
    SAME,
    SENSITIVE,
    STRAY,
    TELLING,
    UNNEEDED,
    USEFUL,
    WRITERS,
    WRITING_MODE,
)
from hasten.agent.judge.scopes import FunctionNode, names_of_the_module

Finding = tuple[str, str]
"""What was used and why that is refused."""


def new_offences(old: ast.Module, new: ast.Module) -> list[Finding]:
    """What ``new`` does that it must not and ``old`` did not do, by name."""
    known = offences(old)
    return sorted(found for found in offences(new) if found not in known)


def offences(module: ast.Module) -> set[Finding]:
    """Everything on the list that the module does."""
    aliases = imported_names(module)
    nodes = [*ast.walk(module), *_written_annotations(module)]
    copies = set(_copies(nodes, aliases))
    found: set[Finding] = set()
    for node in nodes:
        if id(node) not in copies:
            found.update(_at(node, aliases))
    found.update(_handed_around(module, nodes, aliases))
    return found


def _written_annotations(module: ast.Module) -> Iterator[ast.AST]:
    """What is inside annotations that are strings: whoever resolves them runs them."""
    for node in ast.walk(module):
        for each in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                with suppress(SyntaxError, ValueError, RecursionError):
                    yield from ast.walk(ast.parse(each.value, mode="eval"))


def _copies(nodes: Iterable[ast.AST], aliases: Mapping[str, str]) -> Iterator[int]:
    """The functions in ``pickle.loads(pickle.dumps(x))``, which runs nothing but makes a copy."""
    for node in nodes:
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Call):
            dumps = LOADS.get(_dotted(node.func, aliases) or "")
            if dumps and _dotted(node.args[0].func, aliases) == dumps:
                yield id(node.func)


def _handed_around(
    module: ast.Module, nodes: Iterable[ast.AST], aliases: Mapping[str, str]
) -> Iterator[Finding]:
    """Modules and functions that are used as values, so that nobody can read what is done with them."""
    modules = {
        alias.asname or alias.name.partition(".")[0]
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    plain, called = set[int](), set[int]()
    for node in nodes:
        if isinstance(node, ast.Attribute):
            plain.add(id(node.value))
        elif isinstance(node, ast.Compare) and all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            plain.update(map(id, [node.left, *node.comparators]))
        elif isinstance(node, ast.Call):
            called.add(id(node.func))
            if isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr"):
                plain.update(map(id, node.args[:1]))
    for name in names_of_the_module(module):
        dotted = aliases.get(name.id, "")
        if id(name) not in plain and (dotted in SENSITIVE or (dotted and name.id in modules)):
            yield f"the module {dotted} as a value", "reaches into the interpreter"
        if id(name) not in called and (dotted or name.id).removeprefix("operator.") in HIDING:
            yield f"{name.id} as a value", "runs code that cannot be read"


def imported_names(module: ast.Module) -> dict[str, str]:
    """Local name -> dotted name of everything imported anywhere in the module, and of other names given to
    it; relative imports dotted."""
    names: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                names[local] = genuine(alias.name if alias.asname else local)
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            for alias in node.names:
                names[alias.asname or alias.name] = genuine(f"{source}.{alias.name}")
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and (dotted := _dotted(node.value, names)):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    names.setdefault(target.id, dotted)
    return names


def genuine(dotted: str) -> str:
    """A name without its detour: ``logging.sys.modules`` is ``sys.modules``, ``random._os`` is ``os``."""
    first, *rest = dotted.split(".")
    parts = [SAME.get(first, first), *rest]
    if first in sys.stdlib_module_names:
        borrowed = [i for i, part in enumerate(rest, 1) if part.lstrip("_") in BORROWED]
        parts = [parts[borrowed[-1]].lstrip("_"), *parts[borrowed[-1] + 1 :]] if borrowed else parts
    return ".".join(parts)


def _at(node: ast.AST, aliases: Mapping[str, str]) -> Iterator[Finding]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _imported(genuine(alias.name))
    elif isinstance(node, ast.ImportFrom):
        yield from _imported_from(node)
    elif isinstance(node, ast.Attribute):
        yield from _attribute(node, aliases)
    elif isinstance(node, ast.Name) and (node.id in aliases or node.id in BUILT_IN):
        yield from _named(aliases.get(node.id, node.id))
    elif isinstance(node, ast.Call):
        yield from _call(node, aliases)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield from _text(node.value)
    elif isinstance(node, ast.MatchClass):
        yield from _attributes(node.kwd_attrs)
    for name in _bound(node):
        if name in DISHONEST_METHODS:
            yield f"the method {name}", "changes how objects compare"


def _bound(node: ast.AST) -> Iterator[str | None]:
    """Names that a node binds by itself."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.alias):
        yield node.asname or node.name
    elif isinstance(node, FunctionNode | ast.ClassDef | ast.MatchAs | ast.MatchStar):
        yield node.name
    elif isinstance(node, ast.MatchMapping):
        yield node.rest


def _imported(dotted: str) -> Iterator[Finding]:
    """What is wrong with importing a module."""
    found = list(_named(dotted))
    yield from found
    first = dotted.partition(".")[0]
    if not found and first not in USEFUL and (first in sys.stdlib_module_names or first.startswith("_")):
        yield dotted, UNNEEDED


def _imported_from(node: ast.ImportFrom) -> Iterator[Finding]:
    for alias in node.names:
        dotted = f"{'.' * node.level}{node.module or ''}.{alias.name}"
        if node.level == 0:
            yield from _imported(genuine(dotted))
        if alias.name == "*":
            yield dotted, "runs code that cannot be read"
        elif alias.name.lstrip("_") in STRAY:
            yield dotted, "reaches into the interpreter"


def _attributes(names: Iterable[str]) -> Iterator[Finding]:
    """Attributes that are refused whatever they belong to."""
    for name in names:
        if name in ATTRIBUTES:
            yield f".{name}", ATTRIBUTES[name]
        elif name.lstrip("_") in STRAY:
            yield f".{name}", "reaches into the interpreter"


def _text(value: str) -> Iterator[Finding]:
    """A string that names what code may not: for ``getattr``, ``type``, ``open``, ``format``."""
    if PLACES.match(value):
        yield value, "looks at its surroundings"
    if value in DISHONEST_METHODS:
        yield value, "changes how objects compare"
    for part in re.findall(r"__\w+__", value):
        if part in ATTRIBUTES:
            yield part, ATTRIBUTES[part]
    for place in re.findall(r"\{([^{}]*)\}", value):
        yield from _attributes(re.findall(r"\.(\w+)", place))
    if "." in value and value in NAMES:
        yield value, NAMES[value]


def _named(dotted: str) -> Iterator[Finding]:
    first, *parts = dotted.split(".")
    names = [".".join([first, *parts[:size]]) for size in range(len(parts) + 1)]
    listed = [name for name in names if name in NAMES]
    yield from ((name, NAMES[name]) for name in listed)
    if not listed and parts and first in OPEN_PARTS and parts[0] not in OPEN_PARTS[first]:
        yield names[1], UNNEEDED


def _attribute(node: ast.Attribute, aliases: Mapping[str, str]) -> Iterator[Finding]:
    dotted = _dotted(node, aliases)
    if dotted is not None:
        yield from _named(dotted)
    yield from _attributes([node.attr])
    owner = _dotted(node.value, aliases)
    stored = isinstance(node.ctx, ast.Store | ast.Del)
    if owner is not None and (stored or node.attr == "__dict__"):
        yield f"{owner}.{node.attr} = …", "patches another module"
    if stored and node.attr in DISHONEST_METHODS:
        yield f"{node.attr} = …", "changes how objects compare"


def _call(node: ast.Call, aliases: Mapping[str, str]) -> Iterator[Finding]:
    function = node.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    name = aliases.get(name, name).rpartition(".")[2]
    yield from _dynamic(node, name, aliases)
    if name in WRITERS and _writes(node, aliases):
        yield "open for writing", "keeps something on disk"
    for keyword in node.keywords:
        for said in (f"{keyword.arg}", f"{name}.{keyword.arg}"):
            if said in TELLING:
                yield f"{name}({keyword.arg}=…)", TELLING[said]


def _dynamic(node: ast.Call, name: str, aliases: Mapping[str, str]) -> Iterator[Finding]:
    """Attributes by their names, which have to be written there."""
    owner = _dotted(node.args[0], aliases) if node.args else None
    if owner is not None and name in ("setattr", "delattr", "vars", "__setattr__", "__delattr__"):
        yield f"{name}({owner}, …)", "patches another module"
    if name == "vars" and not node.args:
        yield "vars()", "reaches into the interpreter"
    if name in ("getattr", "setattr", "delattr", "__getattribute__"):
        asked = node.args[1:2] or node.args
    else:
        asked = {"attrgetter": node.args, "methodcaller": node.args[:1]}.get(name, [])
    for each in asked:
        if not isinstance(each, ast.Constant):
            yield f"{name} with a computed name", "runs code that cannot be read"
            continue
        yield from _attributes(str(each.value).split("."))
        if owner is not None:
            yield from _named(genuine(f"{owner}.{each.value!s}"))


def _writes(node: ast.Call, aliases: Mapping[str, str]) -> bool:
    """Whether a call of ``open`` may write: its mode says so or cannot be read.

    Functions take the mode second (``open(path, "w")``, ``gzip.open``), methods of paths first.
    """
    if any(isinstance(each, ast.Starred) for each in node.args) or any(k.arg is None for k in node.keywords):
        return True
    function = node.func
    method = isinstance(function, ast.Attribute) and _dotted(function.value, aliases) is None
    position = 0 if method else 1
    modes = [k.value for k in node.keywords if k.arg == "mode"] + node.args[position : position + 1]
    return any(_is_writing(mode) for mode in modes)


def _is_writing(mode: ast.expr) -> bool:
    if not isinstance(mode, ast.Constant):
        return True
    return isinstance(mode.value, str) and len(mode.value) <= 4 and bool(WRITING_MODE.search(mode.value))


def _dotted(node: ast.AST, aliases: Mapping[str, str]) -> str | None:
    """The dotted name behind an expression, imports resolved; None when it does not start at an import."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, aliases)
        return None if owner is None else genuine(f"{owner}.{node.attr}")
    return None
