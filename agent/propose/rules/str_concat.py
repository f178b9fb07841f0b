"""Text gathered piece by piece in a loop is joined once after it.

What: ``text += piece`` in a loop appends to a list of parts, as do ``text = text + piece + piece`` and
``text = f"{text}..."``; after the loop, and where the loop returns the text, the parts are joined, in
reverse for ``text = piece + text``.

Why: adding to a string may copy all of it. 1.5 times faster for 20,000 pieces where the interpreter can
extend in place, 46 to 58 times where it cannot (``text + a + b``, the f-string), 11 times at the front.

Precondition: the text and every piece are exactly ``str``; the loop does not read the text other than to
return it; no handler around the loop can see it half done; no nested function knows it.

Before::

    def report(rows: list[str]) -> str:
        text = ""
        for row in rows:
            text += row + "\\n"
        return text

After::

    def report(rows: list[str]) -> str:
        text_parts = []
        for row in rows:
            text_parts.append(row + "\\n")
        text = "".join(text_parts)
        return text

Tier: facts
Source: docs.python.org/3/faq/programming.html, on concatenating many strings
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.growth import may_catch
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import anchor_of, binds_before, first_value, is_async
from hasten.agent.propose.analysis.tree import Node, argument, code, edited, expression
from hasten.agent.propose.rules.base import Change, Rule


@dataclass(frozen=True)
class _Piece:
    """One ``text += value``: its statement, target use, and uses that belong to it."""

    statement: cst.AugAssign | cst.Assign
    value: cst.BaseExpression
    uses: tuple[Node, ...]
    in_front: bool = False


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    pieces: dict[Var, list[_Piece]] = {}
    for node in fn.own:
        piece = _piece(node)
        var = fn.variable(piece.uses[0]) if piece else None
        if piece and var and fn.is_plain_local(var):
            pieces.setdefault(var, []).append(piece)
    for var, found in pieces.items():
        for piece in found:
            if loop := _loop(fn, inference, var, piece, found):
                return _joined(fn, var, loop, [p for p in found if fn.inside(p.statement, loop)])
    return None


def _piece(node: Node) -> _Piece | None:
    match node:
        case cst.AugAssign(target=cst.Name() as target, operator=cst.AddAssign(), value=value):
            return _Piece(node, value, (target,))
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)], value=value):
            return _appended(node, target, value) or _prepended(node, target, value)
    return None


def _appended(node: cst.Assign, target: cst.Name, value: Node) -> _Piece | None:
    """``text = text + a + b`` and ``text = f"{text}{a}"``."""
    match value:
        case cst.BinaryOperation(operator=cst.Add(), left=cst.Name() as left, right=right):
            return _Piece(node, right, (target, left)) if left.value == target.value else None
        case cst.BinaryOperation(operator=cst.Add(), left=inner, right=right):
            first = _appended(node, target, inner)
            joined = cst.BinaryOperation(first.value, cst.Add(), right) if first else None
            return _Piece(node, joined, first.uses) if first and joined else None
        case cst.FormattedString(
            parts=[
                cst.FormattedStringExpression(
                    expression=cst.Name() as left, conversion=None, format_spec=None, equal=None
                ),
                *rest,
            ]
        ) if rest and left.value == target.value:
            return _Piece(node, _rest(value, rest), (target, left))
    return None


def _rest(text: cst.FormattedString, parts: Sequence[cst.BaseFormattedStringContent]) -> cst.BaseExpression:
    """What follows the first part: a plain literal where nothing is left to format."""
    match parts:
        case [cst.FormattedStringText(value=plain)]:
            start = text.start.replace("f", "").replace("F", "")
            return expression(start + plain.replace("{{", "{").replace("}}", "}") + text.end)
    return text.with_changes(parts=parts, lpar=[], rpar=[])


def _prepended(node: cst.Assign, target: cst.Name, value: Node) -> _Piece | None:
    """``text = a + text``."""
    match value:
        case cst.BinaryOperation(operator=cst.Add(), left=left, right=cst.Name() as right):
            return _Piece(node, left, (target, right), True) if right.value == target.value else None
    return None


def _loop(
    fn: Function, inference: Inference, var: Var, piece: _Piece, pieces: list[_Piece]
) -> cst.For | cst.While | None:
    """The widest loop that only adds to the text, with the text known before it, over more than a display."""
    best: cst.For | cst.While | None = None
    if inference.variable(var).name != "str":
        return None
    below: Node = piece.statement
    for node in fn.ancestors(piece.statement):
        if isinstance(node, (cst.Try, cst.TryStar)):
            break
        if isinstance(node, (cst.For, cst.While)) and below is node.body:
            if not _only_gathers(fn, inference, var, node, pieces) or is_async(node):
                break
            written_out = isinstance(node, cst.For) and isinstance(node.iter, (cst.Tuple, cst.List))
            if not written_out and anchor_of(fn, node) is node and binds_before(fn, var, node):
                best = node
        below = node
    return None if best is None or _may_survive(fn, var, best) else best


def _may_survive(fn: Function, var: Var, loop: Node) -> bool:
    """An exception out of the loop may end where the text can still be read."""
    for node in fn.ancestors(loop):
        if may_catch(fn, node) and (
            not isinstance(node, cst.With)
            or var[1] in fn.params
            or not all(fn.inside(use, node) for use in fn.uses(var))
        ):
            return True
    return False


def _only_gathers(
    fn: Function, inference: Inference, var: Var, loop: cst.For | cst.While, pieces: list[_Piece]
) -> bool:
    inside = [p for p in pieces if fn.inside(p.statement, loop)]
    adding = {use for p in inside for use in p.uses}
    if len({p.in_front for p in inside}) > 1 or (inside[0].in_front and not fn.is_builtin("reversed")):
        return False
    for use in fn.uses_in(var, loop):
        in_orelse = loop.orelse is not None and fn.inside(use, loop.orelse)
        if in_orelse or (use not in adding and not _returned(fn, use, loop)):
            return False
    return all(inference.kind(p.value).name == "str" for p in inside)


def _returned(fn: Function, use: Node, loop: Node) -> bool:
    """Read by a ``return`` that leaves the loop, with nothing in between to catch it."""
    for node in fn.ancestors(use):
        if isinstance(node, (cst.BaseComp, cst.NamedExpr)):
            return False
        if isinstance(node, cst.Return):
            between = [a for a in fn.ancestors(node) if fn.inside(a, loop)]
            return not any(isinstance(a, (cst.Try, cst.TryStar)) for a in between)
    return False


def _joined(fn: Function, var: Var, loop: cst.For | cst.While, pieces: list[_Piece]) -> Change:
    name = var[1]
    parts = fn.fresh(f"{name}_parts")
    joined = f'"".join({f"reversed({parts})" if pieces[0].in_front else parts})'
    adding = {use for p in pieces for use in p.uses}
    replace: dict[Node, Node | None] = {}
    for piece in pieces:
        replace[piece.statement] = cst.Expr(expression(f"{parts}.append({argument(piece.value)})"))
    for use in fn.uses_in(var, loop):
        if use not in adding:
            replace[use] = expression(joined)
    before: dict[Node, list[str]] = {loop: [f"{parts} = [{name}]"]}
    value = first_value(fn, var, loop)
    statement = fn.parent.get(value) if value else None
    if isinstance(statement, cst.Assign) and code(statement.value) in ('""', "''"):
        before = {}
        replace[statement] = statement.with_changes(
            targets=[cst.AssignTarget(cst.Name(parts))], value=expression("[]")
        )
    text = edited(fn.tree, replace, before, after={loop: [f"{name} = {joined}"]})
    return Change(text, f"Join the parts of `{name}` once")


RULE = Rule("str-concat", "facts", ("+=", " + ", 'f"{', "f'{"), apply, __doc__ or "")
