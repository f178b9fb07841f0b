"""``json.dumps`` with the same options each time uses one encoder, made at module level.

What: ``json.dumps(value, sort_keys=True, separators=(",", ":"))`` with constant options calls the
``encode`` of a ``JSONEncoder`` made with them once.

Why: without options ``json`` keeps an encoder ready; with any it makes a new one per call. 1.4 to 1.5 times
faster for small documents.

Precondition: ``json`` is the standard library's, imported at top level before the definition; the options
are literals of ``skipkeys``, ``ensure_ascii``, ``check_circular``, ``allow_nan``, ``sort_keys`` and
``separators``, of which one at least is not the default, or ``default=str``. (``indent`` takes the slow way
through Python, beside which making the encoder does not show.)

Before::

    import json


    def lines(records: list[dict[str, int]]) -> list[str]:
        return [json.dumps(record, sort_keys=True) for record in records]

After::

    import json

    _LINES_ENCODER = json.JSONEncoder(sort_keys=True)


    def lines(records: list[dict[str, int]]) -> list[str]:
        return [_LINES_ENCODER.encode(record) for record in records]

Tier: safe
Source: json.dumps in the standard library (Lib/json/__init__.py): its ready-made encoder serves defaults only
"""

from __future__ import annotations

import ast

import libcst as cst

from hasten.agent.propose.analysis.built_once import has_comment, label, stands_before
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.tree import Node, code, edited, expression
from hasten.agent.propose.rules.base import Change, Rule

_SWITCHES = {
    "skipkeys": False,
    "ensure_ascii": True,
    "check_circular": True,
    "allow_nan": True,
    "sort_keys": False,
}
"""Options that are on or off, and what they are when not given."""


def apply(fn: Function) -> Change | None:
    if fn.imported("json") != "json" or not stands_before(fn, "json"):
        return None
    for node in fn.own:
        options = _options(fn, node)
        if options is not None:
            return _encoder(fn, options)
    return None


def _options(fn: Function, node: Node) -> str | None:
    """The options of a call of ``json.dumps`` as source, where one encoder can serve."""
    match node:
        case cst.Call(
            func=cst.Attribute(value=cst.Name(value="json"), attr=cst.Name(value="dumps")),
            args=[cst.Arg(keyword=None, star=""), *options],
        ) if not has_comment(node):
            names = [a.keyword.value if a.keyword and not a.star else "" for a in options]
            ready = any(_differs(name, a.value) for name, a in zip(names, options, strict=True))
            known = all(_is_constant(fn, name, a.value) for name, a in zip(names, options, strict=True))
            if not ready or not known or len(set(names)) < len(names):
                return None
            return ", ".join(f"{name}={code(a.value)}" for name, a in zip(names, options, strict=True))
    return None


def _differs(name: str, value: Node) -> bool:
    """The option keeps ``json`` from using the encoder it has ready."""
    text = code(value)
    return text != str(_SWITCHES[name]) if name in _SWITCHES else text != "None"


def _is_constant(fn: Function, name: str, value: Node) -> bool:
    text = code(value)
    if name in _SWITCHES:
        return text in ("True", "False")
    if name == "default":
        return text == "None" or (text in ("str", "repr") and fn.is_builtin(text))
    if name != "separators":
        return False
    try:
        pair = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(part, str) for part in pair)


def _encoder(fn: Function, options: str) -> Change:
    constant = fn.fresh(f"_{label(fn, 'JSON')}_ENCODER")
    calls: dict[Node, Node | None] = {}
    for node in fn.own:
        if isinstance(node, cst.Call) and _options(fn, node) == options:
            calls[node] = expression(f"{constant}.encode({code(node.args[0].value)})")
    helper = f"{constant} = json.JSONEncoder({options})"
    return Change(edited(fn.tree, calls), "Make the JSON encoder once", helpers=(helper,))


RULE = Rule("json-encoder", "safe", ("json.dumps(",), apply, __doc__ or "")
