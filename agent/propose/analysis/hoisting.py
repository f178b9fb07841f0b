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
    moved = next((found for site in sites if (found := plain_assignment(fn, site))), None)
    if moved is None:
        name = fn.fresh(base)
        return edited(
            fn.tree, {site: cst.Name(name) for site in sites}, {region.anchor: [f"{name} = {text}"]}
        )
    line, (_, name) = moved
    replace: dict[Node, Node | None] = {s: cst.Name(name) for s in sites if not fn.inside(s, line)}
    return edited(fn.tree, {**replace, line: None}, {region.anchor: [f"{name} = {text}"]})


def plain_assignment(fn: Function, site: Node) -> tuple[Node, Var] | None:
    """The line ``name = site`` and its variable, if it may move: bound nowhere else, read only after it in
    its own block, without comments to take along, and not the only statement of the block."""
    statement = fn.parent.get(site)
    line = fn.parent.get(statement) if isinstance(statement, cst.Assign) else None
    match statement, line:
        case (
            cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)], value=value),
            cst.SimpleStatementLine(
                body=[_], leading_lines=above, trailing_whitespace=cst.TrailingWhitespace(comment=None)
            ),
        ) if value is site and not any(blank.comment for blank in above):
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
