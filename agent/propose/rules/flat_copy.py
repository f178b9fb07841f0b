"""A deep copy of flat data becomes a copy of its containers.

What: ``copy.deepcopy(x)`` of a list, dict or deque of numbers, text and tuples of them becomes ``x.copy()``;
of lists and dicts one level deep a helper copies the outer and each inner container, one that stands there
twice only once; of a number, text or tuple nothing is copied at all.

Why: ``deepcopy`` looks at every element to find that it need not be copied. 140 times faster for a list or
dict of 1000, 90 times for a grid of 100 by 100, 17 times for one of 9 by 9.

Precondition: the argument is such a builtin container, its elements are builtin values that never change (by
annotation, literal, constructor or observation); no memo is passed. Sets are left alone, since the order in
which a copy runs may differ, and so are objects of the user's classes.

Before::

    import copy


    def tried(board: list[int], moves: list[int]) -> list[list[int]]:
        boards = []
        for move in moves:
            after = copy.deepcopy(board)
            after[move] = 1
            boards.append(after)
        return boards

After::

    import copy


    def tried(board: list[int], moves: list[int]) -> list[list[int]]:
        boards = []
        for move in moves:
            after = board.copy()
            after[move] = 1
            boards.append(after)
        return boards

Tier: facts
Source: docs.python.org/3/library/copy.html (difference of shallow and deep copies); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function, is_deepcopy
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import IMMUTABLE, Kind
from hasten.agent.propose.analysis.tree import code, edited, expression
from hasten.agent.propose.rules.base import Change, Rule

_COPIED = ("list", "dict", "deque")
_PLAIN = (cst.Name, cst.Attribute, cst.Subscript, cst.Call, cst.List, cst.Dict, cst.ListComp, cst.DictComp)
"""Expressions after which ``.copy()`` can stand."""

_ROWS = '''\
def {name}(rows):
    """A copy of ``rows`` and of each container in it; one that stands there twice is copied once."""
    copies = {{}}
    return [copies.setdefault(id(row), row.copy()) for row in rows]'''
_TABLE = '''\
def {name}(table):
    """A copy of ``table`` and of each container in it; one that stands there twice is copied once."""
    copies = {{}}
    result = table.copy()
    for key, value in table.items():
        result[key] = copies.setdefault(id(value), value.copy())
    return result'''


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    for node in fn.own:
        match node:
            case cst.Call(args=[cst.Arg(star="", value=value)]) if is_deepcopy(fn, node):
                if node.args[0].keyword is None and (change := _copied(fn, inference, node, value)):
                    return change
    return None


def _copied(fn: Function, inference: Inference, call: cst.Call, value: cst.BaseExpression) -> Change | None:
    kind = inference.kind(value)
    text = code(value)
    if not isinstance(value, _PLAIN) or text.count("\n"):
        return None
    if _is_constant(kind):
        return Change(edited(fn.tree, {call: value}), f"Do not copy `{text}`, which cannot change")
    if kind.name not in _COPIED:
        return None
    title = f"Copy the containers of `{text}` only"
    inner = kind.value if kind.name == "dict" else kind.element
    keys_hold = kind.name != "dict" or _is_constant(kind.element)
    if keys_hold and _is_constant(inner):
        return Change(edited(fn.tree, {call: expression(f"{text}.copy()")}), title)
    if not keys_hold or not _is_flat(inner) or not _helper_works(fn, kind):
        return None
    table = kind.name == "dict"
    helper = fn.fresh("_copied_table" if table else "_copied_rows")
    source = (_TABLE if table else _ROWS).format(name=helper)
    return Change(edited(fn.tree, {call: expression(f"{helper}({text})")}), title, helpers=(source,))


def _helper_works(fn: Function, kind: Kind) -> bool:
    """The helper makes a list of the rows; ``id`` is read at module level."""
    return kind.name in ("list", "dict") and not fn.module.binds("id")


def _is_flat(kind: Kind) -> bool:
    """A container of constants."""
    return kind.name in _COPIED and bool(kind.args) and all(_is_constant(a) for a in kind.args)


def _is_constant(kind: Kind) -> bool:
    """Values that ``deepcopy`` hands back as they are."""
    if kind.name in ("tuple", "tuple*", "union"):
        return (kind.name == "tuple" or bool(kind.args)) and all(_is_constant(a) for a in kind.args)
    return kind.name in IMMUTABLE


RULE = Rule(
    "flat-copy",
    "facts",
    ("deepcopy(",),
    apply,
    __doc__ or "",
    needs=("types of arguments, locals and attributes", "which arguments a call changes"),
)
