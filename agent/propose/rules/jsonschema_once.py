"""``jsonschema.validate`` against a constant schema uses one validator, made on first use.

What: the statement ``jsonschema.validate(value, SCHEMA)`` asks a validator that a cached function beside
the definition makes, and raises the best match as ``validate`` does.

Why: ``validate`` chooses the class and checks the schema itself against its metaschema every time. Measured
97 times faster for a schema of two properties.

Precondition: ``jsonschema`` is the module, imported before the definition; the schema is a dict written out
at module level, in capitals, bound once, read nowhere in the file but by ``validate``, and refers to no
other document; the call is a statement of its own with no further arguments. A wrong schema is still
reported by the first call.

Before::

    import jsonschema

    ROW = {"type": "object", "required": ["name"]}


    def check(rows: list[dict[str, str]]) -> None:
        for row in rows:
            jsonschema.validate(row, ROW)

After::

    from functools import cache

    import jsonschema

    ROW = {"type": "object", "required": ["name"]}


    @cache
    def _row_validator() -> "jsonschema.protocols.Validator":
        kind = jsonschema.validators.validator_for(ROW)
        kind.check_schema(ROW)
        return kind(ROW)


    def check(rows: list[dict[str, str]]) -> None:
        for row in rows:
            error = jsonschema.exceptions.best_match(_row_validator().iter_errors(row))
            if error is not None:
                raise error

Tier: safe
Source: python-jsonschema.readthedocs.io/en/stable/validate, which advises it for many instances; measured
"""

from __future__ import annotations

import ast

import libcst as cst

from hasten.agent.propose.analysis.built_once import stands_before
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.imports import reference
from hasten.agent.propose.analysis.lines import own_line
from hasten.agent.propose.analysis.tree import Node, code, edited
from hasten.agent.propose.rules.base import Change, Rule


def apply(fn: Function) -> Change | None:
    cache = reference(fn, "functools", "cache")
    if fn.imported("jsonschema") != "jsonschema" or not stands_before(fn, "jsonschema") or cache is None:
        return None
    for node in fn.own:
        call = _call(node)
        line = own_line(fn, node) if call else None
        if call is not None and line is not None and _is_fixed(fn, call[1]):
            return _once(fn, line, call[0], call[1], cache.text, cache.imports)
    return None


def _call(node: Node) -> tuple[str, str] | None:
    """(instance, name of the schema) of ``jsonschema.validate(instance, SCHEMA)``."""
    match node:
        case cst.Call(
            func=cst.Attribute(value=cst.Name(value="jsonschema"), attr=cst.Name(value="validate")),
            args=[cst.Arg(star="") as instance, cst.Arg(star="", value=cst.Name(value=schema)) as second],
        ):
            if not isinstance(instance.value, cst.Name):
                return None  # a wrong schema is reported after the instance has been made
            names = [a.keyword.value if a.keyword else "" for a in (instance, second)]
            if names[0] in ("", "instance") and names[1] in ("", "schema"):
                return code(instance.value), schema
    return None


def _is_fixed(fn: Function, name: str) -> bool:
    """A dict of literals that the file hands to nothing but ``validate``."""
    value = fn.module.constant(name)
    if not isinstance(value, ast.Dict) or not name.isupper() or not stands_before(fn, name):
        return False
    if name in fn.bound or name in fn.enclosing:
        return False
    try:
        schema = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return False
    if not _is_closed(schema):
        return False
    loads = [n for n in ast.walk(fn.module.tree) if isinstance(n, ast.Name) and n.id == name]
    handed = [a for n in ast.walk(fn.module.tree) if isinstance(n, ast.Call) for a in _validated(n)]
    return all(isinstance(n.ctx, ast.Store) or n in handed for n in loads)


def _validated(call: ast.Call) -> list[ast.expr]:
    """What a call checks or makes a validator from."""
    names = ("validate", "validator_for", "check_schema", "kind")
    func = call.func
    called = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    return [*call.args, *(k.value for k in call.keywords)] if called in names else []


def _is_closed(schema: object) -> bool:
    """No reference leads out of the document."""
    if isinstance(schema, dict):
        leading = ("$ref", "$dynamicRef", "$recursiveRef", "$schema")
        references = (v for k, v in schema.items() if k in leading)
        own = all(isinstance(v, str) and (v.startswith("#") or "json-schema.org" in v) for v in references)
        return own and all(_is_closed(v) for v in schema.values())
    return all(map(_is_closed, schema)) if isinstance(schema, (list, tuple)) else True


def _once(
    fn: Function,
    line: cst.SimpleStatementLine,
    instance: str,
    schema: str,
    cache: str,
    imports: tuple[str, ...],
) -> Change:
    function, error = fn.fresh(f"_{schema.strip('_').lower()}_validator"), fn.fresh("error")
    helper = f"""@{cache}
def {function}() -> "jsonschema.protocols.Validator":
    kind = jsonschema.validators.validator_for({schema})
    kind.check_schema({schema})
    return kind({schema})"""
    first = f"{error} = jsonschema.exceptions.best_match({function}().iter_errors({instance}))"
    asked = cst.ensure_type(cst.parse_statement(first), cst.SimpleStatementLine)
    new = line.with_changes(body=asked.body)
    text = edited(fn.tree, {line: new}, after={line: [f"if {error} is not None:\n    raise {error}\n"]})
    return Change(text, f"Make the validator of `{schema}` once", imports, (helper,))


RULE = Rule("jsonschema-once", "safe", ("jsonschema.validate(",), apply, __doc__ or "")
