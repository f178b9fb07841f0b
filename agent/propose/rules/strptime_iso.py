"""Timestamps in an ISO format are read without ``strptime`` where they are written out in full.

What: ``datetime.strptime(text, "%Y-%m-%d %H:%M:%S")`` and its kin call a function beside the definition,
which hands what looks exactly like that to ``datetime.fromisoformat`` and everything else to ``strptime``.

Why: ``strptime`` is Python code that reads its own format each time. Measured 15 times faster.

Precondition: ``datetime`` is the class (or the module) of the standard library, imported before the
definition; the format is a literal one of ``%Y-%m-%d``, alone or followed by ``%H:%M``, seconds, ``.%f``
and a literal ``Z``. The pattern lets through only an exact ``str`` of ASCII digits in their ranges, for
which both read the same; one digit for a month, 61 seconds, wrong types still meet ``strptime``, and its
exceptions.

Before::

    from datetime import datetime


    def days(lines: list[str]) -> list[int]:
        return [datetime.strptime(line, "%Y-%m-%d").day for line in lines]

After::

    import re
    from datetime import datetime

    _DAYS_FORMAT = re.compile(r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")


    def _days_datetime(text: str) -> datetime:
        if type(text) is str and _DAYS_FORMAT.fullmatch(text):
            return datetime.fromisoformat(text)
        return datetime.strptime(text, "%Y-%m-%d")


    def days(lines: list[str]) -> list[int]:
        return [_days_datetime(line).day for line in lines]

Tier: safe
Source: docs.python.org/3/library/datetime.html#datetime.datetime.fromisoformat; measured
"""

from __future__ import annotations

import re

import libcst as cst

from hasten.agent.propose.analysis.built_once import has_comment, label, literal_text, stands_before
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.imports import module_import
from hasten.agent.propose.analysis.tree import Node, code, edited, expression
from hasten.agent.propose.rules.base import Change, Rule

_FORMATS = re.compile(r"%Y-%m-%d(?:[T ]%H:%M(?::%S(?:\.%f)?)?Z?)?")
_DAY = len("%Y-%m-%d")
_PATTERNS = {
    "%Y": "(?!0000)[0-9]{4}",
    "%m": "(?:0[1-9]|1[0-2])",
    "%d": "(?:0[1-9]|[12][0-9]|3[01])",
    "%H": "(?:[01][0-9]|2[0-3])",
    "%M": "[0-5][0-9]",
    "%S": "[0-5][0-9]",
    ".%f": "[.][0-9]{6}",
}


def apply(fn: Function) -> Change | None:
    for node in fn.own:
        match node:
            case cst.Call(
                func=cst.Attribute(value=owner, attr=cst.Name(value="strptime")),
                args=[cst.Arg(keyword=None, star=""), cst.Arg(keyword=None, star="", value=template)],
            ) if _is_datetime(fn, owner) and not has_comment(node):
                text = literal_text(fn, template)
                if isinstance(text, str) and _FORMATS.fullmatch(text):
                    return _guarded(fn, code(owner), code(template), text)
    return None


def _is_datetime(fn: Function, owner: Node) -> bool:
    match owner:
        case cst.Name(value=name):
            return fn.imported(name) == "datetime.datetime" and stands_before(fn, name)
        case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="datetime")):
            return fn.imported(name) == "datetime" and stands_before(fn, name)
    return False


def _guarded(fn: Function, owner: str, template: str, text: str) -> Change | None:
    imports = module_import(fn, "re")
    if imports is None or not (fn.is_builtin("type") and fn.is_builtin("str")):
        return None
    constant = fn.fresh(f"_{label(fn, 'MOMENT')}_FORMAT")
    function = fn.fresh(f"_{label(fn, 'MOMENT').lower()}_datetime")
    whole = "text[:-1]" if text.endswith("Z") else "text"
    day, moment = text[:_DAY], text[_DAY:]
    pattern = f'r"{_pattern(day)}"'
    if moment:
        pattern = f'\n    {pattern}\n    r"{_pattern(moment)}"\n'
    helpers = (
        f"{constant} = re.compile({pattern})",
        f"""def {function}(text: str) -> {owner}:
    if type(text) is str and {constant}.fullmatch(text):
        return {owner}.fromisoformat({whole})
    return {owner}.strptime(text, {template})""",
    )
    calls: dict[Node, Node | None] = {}
    for node in fn.own:
        if isinstance(node, cst.Call) and _is_same(node, owner, template):
            calls[node] = expression(f"{function}({code(node.args[0].value)})")
    return Change(edited(fn.tree, calls), f"Read `{text}` without strptime", imports, helpers)


def _is_same(call: cst.Call, owner: str, template: str) -> bool:
    plain = [a for a in call.args if a.keyword is None and a.star == ""]
    if len(plain) != 2 or len(call.args) != 2 or code(call.func) != f"{owner}.strptime" or has_comment(call):
        return False
    return code(plain[1].value) == template


def _pattern(template: str) -> str:
    """A regular expression for exactly what the format stands for, digits in full."""
    return re.sub(r"\.?%.", lambda found: _PATTERNS[found[0]], template)


RULE = Rule("strptime-iso", "safe", (".strptime(",), apply, __doc__ or "")
