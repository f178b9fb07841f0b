"""List membership in a loop becomes set membership.

What: tests ``x in items`` and ``x not in items`` on a list or tuple that a loop leaves unchanged are made on
a set built once before the loop; a literal of four or more constants in a loop, six without, becomes a set
display.

Why: a list compares element by element, a set looks up one hash. 139 times faster with 1000 elements.

Precondition: elements and probe are builtin values whose hash agrees with ``==`` and never raises (by
annotation, literal, constructor or observation); nothing in the loop changes or rebinds the list, nor calls
code that could reach it; ``set`` is the builtin.

Before::

    def known_words(words: list[str], known: list[str]) -> int:
        total = 0
        for word in words:
            if word in known:
                total += 1
        return total

After::

    def known_words(words: list[str], known: list[str]) -> int:
        total = 0
        known_set = set(known)
        for word in words:
            if word in known_set:
                total += 1
        return total

Tier: facts
Source: time complexity of containers, wiki.python.org/moin/TimeComplexity
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from hasten.agent.propose.analysis.arrays import Question, answerable, builtins_intact
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import Kind
from hasten.agent.propose.analysis.regions import Region, anchor_of, is_async, is_eager, loops_around
from hasten.agent.propose.analysis.tree import Node, edited
from hasten.agent.propose.rules.base import Change, Rule

_LITERAL = 4
"""Constants in a display from which hashing beats comparing (2.3 times at four)."""
_UNLOOPED = 6
"""Constants in a display from which that shows without a loop around (1.4 to 2 times at six)."""
_CONSTANT = 8
"""Elements of a module-level constant from which a module-level set pays without a loop."""


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    tests = [(q, t) for q, t in _tests(fn) if inference.kind(q).hashable]
    if not builtins_intact(fn, "set", "frozenset"):
        return _display(fn, inference, tests)
    return (
        _variable(fn, inference, tests) or _constant(fn, inference, tests) or _display(fn, inference, tests)
    )


def _tests(fn: Function) -> Iterator[tuple[Node, cst.ComparisonTarget]]:
    """(probe, ``in`` or ``not in`` with its right side)."""
    for node in fn.own:
        match node:
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as target]):
                if isinstance(target.operator, (cst.In, cst.NotIn)):
                    yield left, target


def _variable(
    fn: Function, inference: Inference, tests: list[tuple[Node, cst.ComparisonTarget]]
) -> Change | None:
    questions = [
        Question(t.comparator, t.comparator, probe)
        for probe, t in tests
        if isinstance(t.comparator, cst.Name) and _is_long(inference.kind(t.comparator))
    ]
    found = answerable(fn, inference, questions)
    if found is None:
        return None
    name = found.var[1]
    table = _table_name(fn, name)
    return _change(fn, [q.array for q in found.questions], name, table, found.region)


def _table_name(fn: Function, name: str) -> str:
    return fn.fresh(f"{name.lower() if name.isupper() else name}_set")


def _is_long(kind: Kind) -> bool:
    """Not a tuple known to be shorter than a set is worth."""
    return kind.name != "tuple" or len(kind.args) >= _LITERAL


def _change(fn: Function, arrays: list[cst.Name], name: str, table: str, region: Region) -> Change:
    text = edited(
        fn.tree,
        {array: cst.Name(table) for array in arrays},
        before={region.anchor: [f"{table} = set({name})"]},
    )
    return Change(text, f"Test membership of `{name}` on a set")


def _constant(
    fn: Function, inference: Inference, tests: list[tuple[Node, cst.ComparisonTarget]]
) -> Change | None:
    """A module-level list or tuple of literals: a local set before a loop, a module-level one without."""
    for _, target in tests:
        array = target.comparator
        if not isinstance(array, cst.Name) or fn.variable(array) is not None or array.value in fn.enclosing:
            continue
        kind = inference.kind(array)
        elements = getattr(fn.module.constant(array.value), "elts", [])
        if not kind.is_array or not kind.element.hashable or len(elements) < _LITERAL:
            continue
        arrays = [
            t.comparator
            for _, t in tests
            if isinstance(t.comparator, cst.Name) and t.comparator.value == array.value
        ]
        region = _outermost(fn, array)
        if region is not None:
            inside = [a for a in arrays if fn.inside(a, region.loop)]
            return _change(fn, inside, array.value, _table_name(fn, array.value), region)
        if change := _module_set(fn, array.value, arrays):
            return change
    return None


def _outermost(fn: Function, site: Node) -> Region | None:
    best = None
    for loop in loops_around(fn, site):
        anchor = anchor_of(fn, loop)
        if anchor is None or is_async(loop) or not is_eager(fn, loop):
            break
        best = Region(loop, anchor)
    return best


def _module_set(fn: Function, name: str, arrays: list[cst.Name]) -> Change | None:
    elements = getattr(fn.module.constant(name), "elts", [])
    first_part = fn.qualname.split(".")[0]
    defined_before = fn.module.top_level_index(name) < fn.module.top_level_index(first_part)
    if len(elements) < _CONSTANT or not name.isupper() or not defined_before:
        return None
    table = fn.fresh(f"_{name.lstrip('_')}_SET")
    text = edited(fn.tree, {array: cst.Name(table) for array in arrays})
    helper = f"{table} = frozenset({name})"
    return Change(text, f"Test membership of `{name}` on a set", helpers=(helper,))


def _display(
    fn: Function, inference: Inference, tests: list[tuple[Node, cst.ComparisonTarget]]
) -> Change | None:
    """``x in ["a", "b", "c", "d"]``: the compiler turns a set of constants into a frozenset."""
    for _, target in tests:
        display = target.comparator
        if not isinstance(display, (cst.List, cst.Tuple)) or len(display.elements) < _LITERAL:
            continue
        constants = all(isinstance(e.value, (cst.SimpleString, cst.Integer)) for e in display.elements)
        starred = any(isinstance(e, cst.StarredElement) for e in display.elements)
        enough = len(display.elements) >= _UNLOOPED or next(loops_around(fn, display), None)
        if constants and not starred and enough:
            text = edited(fn.tree, {display: _braced(display)})
            return Change(text, "Test membership on a set of constants")
    return None


def _braced(display: cst.List | cst.Tuple) -> cst.Set:
    """The display with braces, its line breaks and comments where they were."""
    left, right = cst.LeftCurlyBrace(), cst.RightCurlyBrace()
    if isinstance(display, cst.List):
        left = left.with_changes(whitespace_after=display.lbracket.whitespace_after)
        right = right.with_changes(whitespace_before=display.rbracket.whitespace_before)
    elif display.lpar:
        left = left.with_changes(whitespace_after=display.lpar[0].whitespace_after)
        right = right.with_changes(whitespace_before=display.rpar[-1].whitespace_before)
    return cst.Set(display.elements, lbrace=left, rbrace=right)


RULE = Rule("list-membership", "facts", (" in ",), apply, __doc__ or "")
