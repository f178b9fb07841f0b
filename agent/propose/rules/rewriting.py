"""What the rules make of one definition, alone and together."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from hasten.agent.facts import Facts
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.ignore import ignored, spares_marked
from hasten.agent.propose.analysis.module import FunctionNode, ModuleScope, module_scope
from hasten.agent.propose.analysis.tree import code, definition_text, walk
from hasten.agent.propose.rules.base import Change, Rewrite, Rule
from hasten.agent.propose.rules.registry import RULES
from hasten.agent.propose.rules.selection import select
from hasten.agent.types import Edit

_ROUNDS = 100
"""Sites one rule rewrites in one definition at most: a bound against a rule that undoes itself."""
_PASSES = 10
"""Times all rules go over one definition at most: what a later one uncovers, an earlier one uses."""
_SELF_WRITTEN = re.compile(r"=\s*(?:![ars])?\s*[:}]")


@dataclass(frozen=True)
class _State:
    """A definition on its way through the rules."""

    function: Function
    text: str
    titles: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()

    def after(self, change: Change) -> _State:
        new = [i for i in change.imports if i not in self.imports]
        function = self.function
        if new or change.helpers:
            scope = ModuleScope("\n".join([*new, *change.helpers]), base=function.module)
            function = replace(function, module=scope)
        return _State(
            replace(function, tree=cst.parse_module(change.text)),
            change.text,
            (*self.titles, change.title),
            (*self.imports, *new),
            (*self.helpers, *change.helpers),
        )


def rewrite(
    path: str,
    source: str,
    qualname: str,
    facts: Facts | None = None,
    only: Collection[str] | None = None,
) -> list[Rewrite]:
    """What the rules make of one function: all in sequence when several fire, then each rule alone.

    ``only`` names the rules; without it all take part that need no word of the user's. Empty when the file
    does not parse, the definition is missing or not a function, or nothing is proven. ``Edit.new`` stands at
    column 0. Pure.
    """
    wanted = select() if only is None else only
    scope = module_scope(source)
    node = scope.definitions.get(qualname) if scope else None
    if scope is None or node is None or isinstance(node, ast.ClassDef):
        return []
    rules = [r for r in RULES.values() if r.id in wanted]
    lines = "".join(scope.lines[node.lineno - 1 : node.end_lineno])
    start = _start(scope, node, qualname, facts) if any(_hinted(r, lines) for r in rules) else None
    if start is None:
        return []
    rules = [r for r in rules if not ignored(scope, qualname, r.id)]
    alone = [(rule, state) for rule in rules if (state := _run(rule, start)) is not start]
    if not alone:
        return []
    state, fired = _together(rules, start)
    bundle = [_rewrite(path, qualname, fired, state)] if len(fired) > 1 else []
    return [*bundle, *(_rewrite(path, qualname, (rule.id,), state) for rule, state in alone)]


def _start(scope: ModuleScope, node: FunctionNode, qualname: str, facts: Facts | None) -> _State | None:
    """The definition before any rule; ``None`` for code the rules cannot read."""
    try:
        text = definition_text(scope, node)
        tree = cst.parse_module(text)
    except cst.ParserSyntaxError:
        return None
    function = Function(tree, qualname, scope, scope.enclosing_names(qualname), facts)
    return _State(function, text) if function.readable else None


def _hinted(rule: Rule, text: str) -> bool:
    return any(hint in text for hint in rule.hints)


def _run(rule: Rule, state: _State) -> _State:
    if not _hinted(rule, state.text):
        return state
    for _ in range(_ROUNDS):
        change = rule.apply(state.function)
        if change is None or not spares_marked(state.text, change.text, rule.id):
            break
        after = state.after(change)
        if _written_out(state) != _written_out(after):
            break
        state = after
    return state


def _written_out(state: _State) -> list[str]:
    """What ``f"{expression=}"`` shows of the source itself."""
    if _SELF_WRITTEN.search(state.text) is None:
        return []
    parts = (n for n in walk(state.function.tree) if isinstance(n, cst.FormattedStringExpression) and n.equal)
    return sorted(code(part.expression) for part in parts)


def _together(rules: Sequence[Rule], start: _State) -> tuple[_State, tuple[str, ...]]:
    """All rules one after the other until none finds anything; the ids of those that did."""
    state, fired = start, list[str]()
    for _ in range(_PASSES):
        before = state
        for rule in rules:
            after = _run(rule, state)
            fired += [rule.id] if after is not state else []
            state = after
        if state is before:
            break
    return state, tuple(dict.fromkeys(fired))


def _rewrite(path: str, qualname: str, rules: tuple[str, ...], state: _State) -> Rewrite:
    titles = list(dict.fromkeys(state.titles))
    edit = Edit(
        path=path,
        new=state.text,
        qualname=qualname,
        imports=state.imports,
        helpers=state.helpers,
    )
    return Rewrite(rules, "; ".join(titles), edit)
