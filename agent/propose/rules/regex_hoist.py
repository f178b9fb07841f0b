"""Regular expressions written out in a function are compiled once, at module level.

What: ``re.compile("...")`` and ``re.match("...", text)`` and its kin, with literal pattern and flags, use a
module-level compiled constant. The pattern may be written in pieces, or put together from constants of the
file.

Why: even a cached pattern costs a dictionary lookup and a call each time. 2.3 to 3 times faster on short
text.

Precondition: ``re`` is the module, imported at top level before the definition; pattern and flags are
literals, or module-level constants in capitals bound once before the definition, that compile without error
or warning here.

Before::

    import re


    def tokens(line: str) -> list[str]:
        return re.findall(r"[a-z]+", line, re.I)

After::

    import re

    _TOKENS_RE = re.compile(r"[a-z]+", re.I)


    def tokens(line: str) -> list[str]:
        return _TOKENS_RE.findall(line)

Tier: safe
Source: docs.python.org/3/library/re.html#re.compile
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence

import libcst as cst

from hasten.agent.propose.analysis.built_once import at_module_level, label, literal_text, stands_before
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.hoisting import plain_assignment
from hasten.agent.propose.analysis.tree import Node, code, edited, expression
from hasten.agent.propose.rules.base import Change, Rule

# Parameters after the pattern, as the function of the module has them; flags go to the constant.
_PARAMETERS = {
    "compile": ("flags",),
    "match": ("string", "flags"),
    "search": ("string", "flags"),
    "fullmatch": ("string", "flags"),
    "findall": ("string", "flags"),
    "finditer": ("string", "flags"),
    "split": ("string", "maxsplit", "flags"),
    "sub": ("repl", "string", "count", "flags"),
    "subn": ("repl", "string", "count", "flags"),
}
_FLAGS = frozenset(
    ["A", "ASCII", "I", "IGNORECASE", "M", "MULTILINE", "S", "DOTALL", "X", "VERBOSE", "U", "UNICODE"]
)

_WIDTH = 100


def apply(fn: Function) -> Change | None:
    if not _imported_before(fn):
        return None
    for node in fn.own:
        match node:
            case cst.Call(func=cst.Attribute(value=cst.Name(value="re"), attr=cst.Name(value=name))):
                if name in _PARAMETERS and (change := _hoisted(fn, node, name)):
                    return change
    return None


def _imported_before(fn: Function) -> bool:
    if fn.imported("re") != "re":
        return False
    return stands_before(fn, "re")


def _hoisted(fn: Function, call: cst.Call, name: str) -> Change | None:
    if any(a.star for a in call.args) or not call.args or call.args[0].keyword:
        return None
    flags, others = _without_flags(call.args[1:], _PARAMETERS[name])
    if others is None or not _compiles(literal_text(fn, call.args[0].value), flags):
        return None
    constant = fn.fresh(f"_{label(fn, 'PATTERN')}_RE")
    pattern = at_module_level(call.args[0].value)
    rest = f", {flags}" if flags else ""
    if pattern.startswith("\n"):
        pattern, rest = f"{pattern[:-1]},\n", f"    {flags},\n" if flags else ""
    helper = f"{constant} = re.compile({pattern}{rest})"
    if len(helper) > _WIDTH and "\n" not in helper:
        helper = f"{constant} = re.compile(\n    {pattern}{rest}\n)"
    new = constant if name == "compile" else f"{constant}.{name}({', '.join(others)})"
    replace: dict[Node, Node | None] = {call: expression(new)}
    if name == "compile" and (local := plain_assignment(fn, call)):
        line, var = local
        replace = {use: expression(constant) for use in fn.uses(var) if not fn.inside(use, line)}
        replace[line] = None
    text = edited(fn.tree, replace)
    return Change(text, "Compile the regular expression once", helpers=(helper,))


def _without_flags(arguments: Sequence[cst.Arg], parameters: tuple[str, ...]) -> tuple[str, list[str] | None]:
    """(flags, other arguments as source); ``None`` for arguments the method does not know."""
    flags, others = "", []
    if len(arguments) > len(parameters):
        return "", None
    for arg, position in zip(arguments, parameters, strict=False):
        name = arg.keyword.value if arg.keyword else position
        if name not in parameters:
            return "", None
        if name == "flags":
            flags = code(arg.value)
        else:
            others.append(f"{name}={code(arg.value)}" if arg.keyword else code(arg.value))
    return flags, others


def _compiles(pattern: str | bytes | None, flags: str) -> bool:
    """Literal pattern and flags, accepted by this interpreter in silence."""
    try:
        number = _flag_value(ast.parse(flags or "0", mode="eval").body)
    except (ValueError, SyntaxError):
        return False
    if pattern is None or number is None:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern, number)
    except (re.error, ValueError, OverflowError, Warning):
        return False
    return True


def _flag_value(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=0):
            return 0
        case ast.Attribute(value=ast.Name(id="re"), attr=name) if name in _FLAGS:
            return int(getattr(re, name))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            first, second = _flag_value(left), _flag_value(right)
            return None if first is None or second is None else first | second
    return None


RULE = Rule("regex-hoist", "safe", ("re.",), apply, __doc__ or "")
