"""A regular expression without anything special in it becomes a method of text.

What: ``re.sub("a", "b", text)`` becomes ``text.replace("a", "b")``; ``re.split``, and ``re.match``,
``re.search`` and ``re.fullmatch`` where only their truth counts, become ``split``, ``startswith``, ``in`` and
``==``.

Why: no pattern is looked up, no matcher set up, no match object made. 5.9 times faster for ``sub``, 3.5 for
``match``, 3.2 for ``split``, on short text.

Precondition: ``re`` is the module; pattern and replacement are literals without special characters; what is
searched is a text (not bytes, not ``None``).

Before::

    import re


    def flat(text: str) -> str:
        return re.sub("::", ".", text)

After::

    import re


    def flat(text: str) -> str:
        return text.replace("::", ".")

Tier: facts
Source: ruff RUF055 (unnecessary-regular-expression); measured
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.tree import code
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.fixing import Site, sites

_SPECIAL = frozenset("\\.^$*+?{}[]|()")
_TEXT_AT = {"sub": 2, "match": 1, "search": 1, "fullmatch": 1, "split": 1}


_TITLE = "Use a method of text for a plain pattern"


def apply(fn: Function) -> Change | None:
    for site in sites(fn, ("RUF055",)):
        if not site.fix.imports and _proven(site):
            change = _absent(site) or site.change(_TITLE)
            if change is not None:
                return change
    return None


def _absent(site: Site) -> Change | None:
    """``not re.search("a", text)`` is ``"a" not in text``."""
    match site.node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="search")), args=[pattern, text]):
            above = site.fn.parent.get(site.node)
            if isinstance(above, cst.UnaryOperation) and isinstance(above.operator, cst.Not):
                return site.change(_TITLE, f"{code(pattern.value)} not in {code(text.value)}", at=above)
    return None


def _proven(site: Site) -> bool:
    call = next((n for n in (site.up(cst.Call), _compared(site)) if n is not None), None)
    match call:
        case cst.Call(
            func=cst.Attribute(value=cst.Name(value="re"), attr=cst.Name(value=method)), args=args
        ) if method in _TEXT_AT and site.fn.imported("re") == "re":
            at = _TEXT_AT[method]
            if len(args) != at + 1 or any(a.keyword or a.star for a in args):
                return False
            text = args[at].value
            literals = _is_plain(args[0].value, _SPECIAL) and all(_is_plain(a.value) for a in args[1:at])
            return literals and isinstance(text, cst.Name) and site.kind(text) == "str"
    return False


def _compared(site: Site) -> cst.BaseExpression | None:
    """``re.match(...) is None`` is one finding."""
    comparison = site.up(cst.Comparison)
    return comparison.left if comparison is not None else None


def _is_plain(node: cst.BaseExpression, special: frozenset[str] = frozenset("\\")) -> bool:
    value = node.evaluated_value if isinstance(node, cst.SimpleString) else None
    return isinstance(value, str) and not special & set(value)


RULE = Rule("plain-text-regex", "facts", ("re.",), apply, __doc__ or "")
