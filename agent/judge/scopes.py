"""Which names in a syntax tree mean what the module means by them: those that no function has for itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Scope = FunctionNode | ast.Lambda
COMPREHENSION = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def names_of_the_module(module: ast.Module) -> Iterator[ast.Name]:
    """Every name that is read where no parameter or variable of a function hides the one of the module.

    In doubt it is the module's: a variable of a comprehension does not count.
    """
    todo: list[tuple[ast.AST, frozenset[str]]] = [(module, frozenset())]
    while todo:
        node, hidden = todo.pop()
        inside: set[int] = set()
        within = hidden
        if isinstance(node, Scope):
            body = node.body if isinstance(node.body, list) else [node.body]
            inside = set(map(id, body))
            own, others = _variables(node.args, body)
            within = (hidden - others) | own
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in hidden:
            yield node
        todo += [(child, within if id(child) in inside else hidden) for child in ast.iter_child_nodes(node)]


def _variables(arguments: ast.arguments, body: list[ast.stmt] | list[ast.expr]) -> tuple[set[str], set[str]]:
    """Names that a function binds as its own variables, and those that it takes from elsewhere after all."""
    single = [each for each in (arguments.vararg, arguments.kwarg) if each]
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *single]
    own, others = {each.arg for each in named}, set[str]()
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, Scope | ast.ClassDef | COMPREHENSION):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            others.update(node.names)
        elif isinstance(node, ast.alias):
            others.add(node.asname or node.name.partition(".")[0])
        todo += ast.iter_child_nodes(node)
    return own - others, others
