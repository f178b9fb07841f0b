"""Writing a value that a loop repeats once, in front of it."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import Region
from hasten.agent.propose.analysis.tree import Node, edited


def hoisted(fn: Function, sites: Sequence[Node], text: str, base: str, region: Region) -> str:
    """The definition with ``text`` computed before the loop and its value put at the ``sites``.

    Where one of them is a variable's only assignment, that statement moves; otherwise a new name is made from
    ``base``.
    """
    moved = next((found for site in sites if (found := plain_assignment(fn, site, comments=True))), None)
    if moved is None:
        name = fn.fresh(base)
        return edited(
            fn.tree, {site: cst.Name(name) for site in sites}, {region.anchor: [f"{name} = {text}"]}
        )
    line, (_, name) = moved
    replace: dict[Node, Node | None] = {s: cst.Name(name) for s in sites if not fn.inside(s, line)}
    above, behind = _comments(line)
    statement = "\n".join([*above, f"{name} = {text}  {behind}".rstrip()])
    return edited(fn.tree, {**replace, line: None}, {region.anchor: [statement]})


def _comments(line: cst.SimpleStatementLine) -> tuple[list[str], str]:
    """Those above a line, and the one behind it."""
    above = [blank.comment.value for blank in line.leading_lines if blank.comment]
    behind = line.trailing_whitespace.comment
    return above, behind.value if behind else ""


def plain_assignment(
    fn: Function, site: Node, *, comments: bool = False
) -> tuple[cst.SimpleStatementLine, Var] | None:
    """The line ``name = site`` and its variable, if it may move: bound nowhere else, read only after it in
    its own block, not the only statement of the block, and, unless ``comments`` come along, without any."""
    statement = fn.parent.get(site)
    line = fn.parent.get(statement) if isinstance(statement, cst.Assign) else None
    match statement, line:
        case (
            cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)], value=value),
            cst.SimpleStatementLine(body=[_]),
        ) if value is site and (comments or not any(_comments(line))):
            var, block = fn.variable(target), fn.parent[line]
        case _:
            return None
    if var is None or not fn.is_plain_local(var) or not isinstance(block, cst.IndentedBlock):
        return None
    others = [use for use in fn.uses(var) if use is not target]
    settled = all(
        fn.role(use) not in ("store", "augstore", "del")
        and fn.inside(use, block)
        and fn.order[use] > fn.order[target]
        for use in others
    )
    return (line, var) if settled and len(block.body) > 1 and var[1] not in fn.params else None
