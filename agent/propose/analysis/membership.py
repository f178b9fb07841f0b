"""Writing ``x in items`` where a call of ``any`` or ``all`` stood."""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.tree import Node, code, expression

_ROOMY = (
    cst.If, cst.While, cst.CompIf, cst.BooleanOperation, cst.Assign, cst.AnnAssign, cst.Return, cst.Arg,
    cst.Element, cst.Assert,
)  # fmt: skip
"""Parents under which a comparison needs no parentheses."""


def membership(
    fn: Function, call: cst.Call, probe: cst.BaseExpression, items: str, *, found: bool
) -> tuple[Node, cst.BaseExpression]:
    """What to replace, ``call`` or the ``not`` around it, and by what: ``probe in items``, or ``not in``."""
    site: Node = call
    above = fn.parent.get(call)
    if isinstance(above, cst.UnaryOperation) and isinstance(above.operator, cst.Not):
        site, found, above = above, not found, fn.parent.get(above)
    text = f"{operand(probe)} {'in' if found else 'not in'} {items}"
    roomy = isinstance(above, _ROOMY) and not (isinstance(above, cst.Arg) and above.star)
    enclosed = isinstance(site, cst.BaseExpression) and bool(site.lpar)
    return site, expression(text if roomy or enclosed else f"({text})")


def operand(node: cst.BaseExpression) -> str:
    """Source of a side of ``in``; what binds more loosely gets parentheses."""
    loose = isinstance(node, (cst.Comparison, cst.BooleanOperation, cst.IfExp, cst.Lambda, cst.NamedExpr))
    loose |= isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not)
    return f"({code(node)})" if loose and not node.lpar else code(node)
