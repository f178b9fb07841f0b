"""A loop that searches a list for equal keys on every turn of another loop looks them up instead.

What: ``for b in bs: if b.key == a.key: ...`` inside a loop over ``as`` runs over the matching elements only,
from a dict of lists built once before the outer loop.

Why: the pair of loops visits every combination. 67 times faster with 1000 elements on each side.

Precondition: ``bs`` is a list the outer loop leaves unchanged; the key is a field or item every element has
(plain class, tuple, typed dict, ``get`` of a dict), like the other side a builtin value whose hash agrees
with ``==``, and no float (NaN); the test, or a test that begins with it, is the whole body of the inner loop;
nothing in the outer loop sets fields or items that could be keys or calls code that could; the other side has
a value before the inner loop; the inner variable is not read after its loop.

Before::

    from dataclasses import dataclass


    @dataclass
    class Order:
        customer: int
        amount: int


    def totals(customers: list[int], orders: list[Order]) -> list[int]:
        result = []
        for customer in customers:
            total = 0
            for order in orders:
                if order.customer == customer:
                    total += order.amount
            result.append(total)
        return result

After::

    from dataclasses import dataclass


    @dataclass
    class Order:
        customer: int
        amount: int


    def totals(customers: list[int], orders: list[Order]) -> list[int]:
        result = []
        orders_by_customer = {}
        for order in orders:
            orders_by_customer.setdefault(order.customer, []).append(order)
        for customer in customers:
            total = 0
            for order in orders_by_customer.get(customer, ()):
                total += order.amount
            result.append(total)
        return result

Tier: facts
Source: hash join, as databases do it
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import Region
from hasten.agent.propose.analysis.rows import (
    first_equality,
    is_plain_probe,
    probe_kind,
    row_key,
    rows_stay,
    searchable,
    sides,
)  # fmt: skip
from hasten.agent.propose.analysis.still import unchanged_region
from hasten.agent.propose.analysis.tree import code, edited, expression
from hasten.agent.propose.rules.base import Change, Rule


@dataclass(frozen=True)
class _Join:
    """The inner loop, the list it runs over, its variable, its test and the two sides of that."""

    loop: cst.For
    rows: Var
    row: Var
    branch: cst.If
    key: cst.BaseExpression
    label: str
    probe: cst.BaseExpression
    rest: cst.BaseExpression | None
    """Conditions behind the first, which stay."""


def apply(fn: Function) -> Change | None:
    inference = Inference(fn)
    for node in fn.own:
        join = _join(inference, node) if isinstance(node, cst.For) else None
        region = _region(fn, inference, join) if join else None
        if join is not None and region is not None:
            return _indexed(fn, join, region)
    return None


def _join(inference: Inference, loop: cst.For) -> _Join | None:
    fn = inference.fn
    match loop:
        case cst.For(
            asynchronous=None,
            target=cst.Name() as row,
            iter=cst.Name() as rows,
            body=cst.IndentedBlock(body=[cst.If(orelse=None, body=cst.IndentedBlock(), test=test) as branch]),
        ):
            rows_var, row_var, found = fn.variable(rows), fn.variable(row), first_equality(test)
            if rows_var is None or row_var is None or found is None:
                return None
            for key, probe in sides(found[0]):
                read = row_key(inference, key, row_var)
                if read is None or fn.uses_in(row_var, probe):
                    continue
                if searchable(read.kind, probe_kind(inference, probe)):
                    return _Join(loop, rows_var, row_var, branch, key, read.label, probe, found[1])
    return None


def _region(fn: Function, inference: Inference, join: _Join) -> Region | None:
    """The widest loop around the inner one that leaves rows and keys alone."""
    kind = inference.variable(join.rows)
    region = unchanged_region(fn, inference, join.loop, join.rows, kind) if kind.name == "list" else None
    if region is None or not isinstance(region.loop, (cst.For, cst.While)):
        return None
    if not fn.is_plain_local(join.row) or _read_elsewhere(fn, join):
        return None
    stands = is_plain_probe(inference, join.probe, join.loop)
    return region if stands and rows_stay(fn, inference, region) else None


def _read_elsewhere(fn: Function, join: _Join) -> bool:
    """The inner variable after its loop would hold another element, or none."""
    return any(not fn.inside(use, join.loop) for use in fn.uses(join.row)) or bool(
        join.loop.orelse and fn.uses_in(join.row, join.loop.orelse)
    )


def _indexed(fn: Function, join: _Join, region: Region) -> Change:
    field = join.label
    rows, row = join.rows[1], join.row[1]
    table = fn.fresh(f"{rows}_by_{field}")
    build = f"for {row} in {rows}:\n    {table}.setdefault({code(join.key)}, []).append({row})"
    loop = join.loop.with_changes(
        iter=expression(f"{table}.get({code(join.probe)}, ())"), body=_branch_body(join)
    )
    text = edited(fn.tree, {join.loop: loop}, before={region.anchor: [f"{table} = {{}}", build]})
    return Change(text, f"Look up `{rows}` by `{field}` instead of searching")


def _branch_body(join: _Join) -> cst.IndentedBlock:
    """The body of the test as the body of the loop; no comment is lost."""
    outer = cst.ensure_type(join.loop.body, cst.IndentedBlock)
    if join.rest is not None:
        return outer.with_changes(body=[join.branch.with_changes(test=join.rest)])
    body = cst.ensure_type(join.branch.body, cst.IndentedBlock)
    above = [line for line in join.branch.leading_lines if line.comment]
    if outer.header.comment and body.header.comment:  # one line for two comments
        above.append(cst.EmptyLine(comment=body.header.comment))
    first = body.body[0].with_changes(leading_lines=[*above, *getattr(body.body[0], "leading_lines", ())])
    return body.with_changes(
        body=[first, *body.body[1:]],
        header=outer.header if outer.header.comment else body.header,
        footer=[*body.footer, *outer.footer],
    )


RULE = Rule("nested-join", "facts", ("for ",), apply, __doc__ or "")
