"""What the rules make of one definition, alone and together."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, replace

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.ignore import ignored
from hasten.agent.propose.analysis.module import ModuleScope, module_scope
from hasten.agent.propose.analysis.tree import definition_text
from hasten.agent.propose.rules.base import Change, Rewrite, Rule
from hasten.agent.propose.rules.registry import RULES
from hasten.agent.types import Edit, Facts

_ROUNDS = 100
"""Sites one rule rewrites in one definition at most: a bound against a rule that undoes itself."""


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
    """What the rules make of one function: each rule alone, preceded by all in sequence when several fire.

    Empty when the file does not parse, the definition is missing or not a function, or nothing is proven.
    ``Edit.new`` stands at column 0. Pure.
    """
    start = _start(source, qualname, facts)
    if start is None:
        return []
    wanted = [r for r in RULES.values() if only is None or r.id in only]
    chosen = [r for r in wanted if not ignored(start.function.module, qualname, r.id)]
    alone = [(rule, state) for rule in chosen if (state := _run(rule, start)) is not start]
    rewrites = [_rewrite(path, qualname, (rule.id,), state) for rule, state in alone]
    if not alone:
        return []
    state, fired = start, []
    for rule in chosen:
        before, state = state, _run(rule, state)
        if state is not before:
            fired.append(rule.id)
    bundle = [_rewrite(path, qualname, tuple(fired), state)] if len(fired) > 1 else []
    return [*bundle, *rewrites]


def _start(source: str, qualname: str, facts: Facts | None) -> _State | None:
    """The definition before any rule; ``None`` for classes and for code the rules cannot read."""
    scope = module_scope(source)
    node = scope.definitions.get(qualname) if scope else None
    if scope is None or node is None or isinstance(node, ast.ClassDef):
        return None
    try:
        text = definition_text(scope, node)
        tree = cst.parse_module(text)
    except cst.ParserSyntaxError:
        return None
    function = Function(tree, qualname, scope, scope.enclosing_names(qualname), facts)
    return _State(function, text) if function.readable else None


def _run(rule: Rule, state: _State) -> _State:
    if not any(hint in state.text for hint in rule.hints):
        return state
    for _ in range(_ROUNDS):
        change = rule.apply(state.function)
        if change is None:
            break
        state = state.after(change)
    return state


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
