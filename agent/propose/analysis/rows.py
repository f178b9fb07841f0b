"""Keys of the rows of a list: what a search compares, and when a table by that key may answer it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import libcst as cst

from hasten.agent.propose.analysis.effects import changes_unseen
from hasten.agent.propose.analysis.function import Function, binding_context
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import NONE, Kind, join
from hasten.agent.propose.analysis.purity import is_plain_class
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.regions import Region, anchor_of, binds_before
from hasten.agent.propose.analysis.still import changes_tables
from hasten.agent.propose.analysis.totality import cannot_raise
from hasten.agent.propose.analysis.tree import Node, walk


@dataclass(frozen=True)
class RowKey:
    """What reading a key gives; every row has it. ``label`` is a word for it in a name."""

    kind: Kind
    label: str


def row_key(inference: Inference, key: Node, row: Var) -> RowKey | None:
    """``row.field`` of a plain class of the file, ``row[0]`` of a tuple, ``row["name"]`` of a typed dict,
    ``row.get("name")`` of any dict: reading it has no effect and cannot fail."""
    fn, element = inference.fn, inference.variable(row)
    match key:
        case cst.Attribute(value=cst.Name() as base, attr=cst.Name(value=field)) if fn.variable(base) == row:
            class_ = fn.module.class_(element.name)
            plain = class_ is not None and is_plain_class(class_) and _is_set(class_, field)
            return RowKey(inference.field_kind(element.name, field), field) if plain else None
        case cst.Subscript(
            value=cst.Name() as base, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]
        ) if fn.variable(base) == row:
            return _item_key(inference, element, index)
        case cst.Call(
            func=cst.Attribute(value=cst.Name() as base, attr=cst.Name(value="get")),
            args=[cst.Arg(keyword=None, star="", value=cst.SimpleString() as name)],
        ) if fn.variable(base) == row and element.name == "dict":
            return RowKey(join(element.value, NONE), _word(name))
    return None


def _is_set(class_: ast.ClassDef, field: str) -> bool:
    """Making an instance gives the field a value, and nothing computes it."""
    if any(isinstance(s, ast.FunctionDef) and s.name in (field, "__getattribute__") for s in class_.body):
        return False
    values = [s.value for s in class_.body if isinstance(s, ast.AnnAssign) and ast.unparse(s.target) == field]
    return len(values) == 1 and not (
        isinstance(values[0], ast.Call) and any(k.arg == "init" for k in values[0].keywords)
    )


def _item_key(inference: Inference, element: Kind, index: Node) -> RowKey | None:
    match index:
        case cst.Integer() if element.name == "tuple" and index.evaluated_value < len(element.args):
            return RowKey(element.args[index.evaluated_value], f"item{index.evaluated_value}")
        case cst.SimpleString():
            class_ = inference.fn.module.class_(element.name)
            name = str(index.evaluated_value)
            if class_ is not None and _requires(class_, name):
                return RowKey(inference.field_kind(element.name, name), _word(index))
    return None


def _word(name: cst.SimpleString) -> str:
    text = str(name.evaluated_value)
    return text if text.isidentifier() else "key"


def _requires(class_: ast.ClassDef, name: str) -> bool:
    """A ``TypedDict`` that always has this key."""
    bases = [ast.unparse(b).rpartition(".")[2] for b in class_.bases]
    for statement in class_.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=field), annotation=annotation) if field == name:
                return (
                    bases == ["TypedDict"]
                    and not class_.keywords
                    and "Required" not in ast.unparse(annotation)
                )
    return False


def first_equality(test: cst.BaseExpression) -> tuple[cst.Comparison, cst.BaseExpression | None] | None:
    """``a == b`` and the rest of ``a == b and rest``; ``None`` where the first condition is another."""
    match test:
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=cst.Equal())]):
            return test, None
        case cst.BooleanOperation(left=left, operator=cst.And(), right=right):
            found = first_equality(left)
            if found is None:
                return None
            first, rest = found
            return first, right if rest is None else test.with_changes(left=rest)
    return None


def sides(test: cst.Comparison) -> tuple[tuple[cst.BaseExpression, cst.BaseExpression], ...]:
    """Key and probe of an equality, either way round."""
    left, right = test.left, test.comparisons[0].comparator
    return (left, right), (right, left)


def equals_itself(kind: Kind) -> bool:
    """No NaN: a table finds the very object it holds even where ``==`` denies that it equals itself."""
    names = {k.name for k in (kind.args if kind.name == "union" else (kind,))}
    return not names & {"float", "complex"}


def searchable(key: Kind, probe: Kind) -> bool:
    """A table by the key finds exactly the rows for which ``key == probe``."""
    return all(k.hashable and equals_itself(k) for k in (key, probe))


def is_plain_probe(inference: Inference, probe: Node, site: Node) -> bool:
    """A value that is there before ``site``, even if that runs no turn, and stays in there."""
    fn, statement = inference.fn, anchor_of(inference.fn, site)
    names = [n for n in walk(probe) if isinstance(n, cst.Name)]
    probed = {var for n in names if (var := fn.variable(n)) is not None}
    simple = all(isinstance(n, (cst.Name, cst.Attribute, cst.SimpleString, cst.Integer)) for n in walk(probe))
    if not (
        simple or cannot_raise(fn, inference, probe) or any(row_key(inference, probe, v) for v in probed)
    ):
        return False
    own = [var for var in probed if var[0] is fn.node]
    if statement is None or any(binding_context(fn, use) for var in own for use in fn.uses_in(var, site)):
        return False
    return all(binds_before(fn, var, statement) for var in own)


def probe_kind(inference: Inference, probe: Node) -> Kind:
    """Kind of what rows are compared with; it may be the key of a row itself."""
    owners = {var for n in walk(probe) if (var := inference.fn.variable(n)) is not None}
    read = row_key(inference, probe, owners.pop()) if len(owners) == 1 else None
    return read.kind if read else inference.kind(probe)


def rows_stay(fn: Function, inference: Inference, region: Region) -> bool:
    """Nothing in the region sets fields or items, or calls code that could."""
    area = region.loop
    if any(_sets_key(inference, node) for node in walk(area)):
        return False
    return not (changes_unseen(fn, inference, area) or changes_tables(fn, inference, area))


def _sets_key(inference: Inference, node: Node) -> bool:
    """Any field, or an item of what may be a typed dict (other dicts are known to be dicts)."""
    fn = inference.fn
    match node:
        case cst.Attribute():
            return bool(binding_context(fn, node))
        case cst.Subscript(value=value):
            known = fn.module.class_(inference.kind(value).name)
            return bool(binding_context(fn, node)) and known is not None
    return False
