"""One walk over a definition: parents, order, and the uses of every variable."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from hasten.agent.propose.analysis.tree import Comprehension, Node, children, walk

Var = tuple[Node, str]
"""A variable: the scope that binds it (the definition or a comprehension) and its name."""

_NESTED = (cst.FunctionDef, cst.Lambda, cst.ClassDef)


def comprehension_names(comp: Node) -> frozenset[str]:
    """Names the ``for`` clauses of a comprehension bind."""
    names: set[str] = set()
    clause = getattr(comp, "for_in", None)
    while clause is not None:
        names.update(n.value for n in walk(clause.target) if isinstance(n, cst.Name))
        clause = clause.inner_for_in
    return frozenset(names)


def nested_parameters(node: Node) -> frozenset[str]:
    if isinstance(node, (cst.FunctionDef, cst.Lambda)):
        return frozenset(p.name.value for p in walk(node.params) if isinstance(p, cst.Param))
    return frozenset()


@dataclass
class Reader:
    """Collects parents, own nodes and variable uses in one walk."""

    root: cst.FunctionDef
    parent: dict[Node, Node] = field(default_factory=dict)
    order: dict[Node, int] = field(default_factory=dict)
    own: list[Node] = field(default_factory=list)
    uses: dict[Var, list[Node]] = field(default_factory=dict)
    scope_of: dict[Node, Node] = field(default_factory=dict)
    captured: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)

    def read(self) -> Reader:
        self.parent[self.root.body] = self.root
        for param in (n for n in walk(self.root.params) if isinstance(n, cst.Param)):
            self.uses.setdefault((self.root, param.name.value), [])
        self._visit(self.root.body, ())
        return self

    def _visit(self, node: Node, scopes: tuple[tuple[Node, frozenset[str]], ...]) -> None:
        self.order[node] = len(self.order)
        self.own.append(node)
        if isinstance(node, cst.Name):
            self._use(node, node.value, scopes)
        elif isinstance(node, (cst.Global, cst.Nonlocal)):
            self.declared.update(item.name.value for item in node.names)
            return
        inner = scopes
        if isinstance(node, Comprehension):
            inner = (*scopes, (node, comprehension_names(node)))
        for child in children(node):
            self.parent[child] = node
            if isinstance(node, cst.Attribute) and child is node.attr:
                continue
            if isinstance(node, cst.Arg) and child is node.keyword:
                continue
            if isinstance(node, cst.ImportAlias):
                self._import(node)
                break
            if isinstance(node, _NESTED) and child is not getattr(node, "name", None):
                self._capture(node, child)
                continue
            if isinstance(node, Comprehension) and child is node.for_in:
                self._clause(node.for_in, scopes, inner)
                continue
            self._visit(child, inner)

    def _clause(
        self,
        clause: cst.CompFor,
        outer: tuple[tuple[Node, frozenset[str]], ...],
        inner: tuple[tuple[Node, frozenset[str]], ...],
    ) -> None:
        """The first iterable of a comprehension is evaluated in the scope around it."""
        self.order[clause] = len(self.order)
        self.own.append(clause)
        for child in children(clause):
            self.parent[child] = clause
            self._visit(child, outer if child is clause.iter else inner)

    def _use(self, node: Node, name: str, scopes: tuple[tuple[Node, frozenset[str]], ...]) -> None:
        walrus = isinstance(parent := self.parent.get(node), cst.NamedExpr) and parent.target is node
        scope: Node = self.root
        if not walrus:
            scope = next((comp for comp, names in reversed(scopes) if name in names), self.root)
        self._record(scope, name, node)

    def _record(self, scope: Node, name: str, node: Node) -> None:
        self.scope_of[node] = scope
        self.uses.setdefault((scope, name), []).append(node)

    def _import(self, alias: cst.ImportAlias) -> None:
        bound: Node = alias.asname.name if alias.asname else alias.name
        while isinstance(bound, cst.Attribute):
            bound = bound.value
        if isinstance(bound, cst.Name):
            self.parent[bound] = alias
            self._record(self.root, bound.value, bound)

    def _capture(self, nested: Node, part: Node) -> None:
        """Names a nested function, lambda or class mentions; its own parameters aside, which mean themselves
        in its body only: in ``lambda x=x: x`` the default is ours."""
        own = nested_parameters(nested) if part is getattr(nested, "body", None) else frozenset[str]()
        declared = {n.name for n in walk(part) if isinstance(n, cst.Param)}
        for node in walk(part):
            for child in children(node):
                self.parent.setdefault(child, node)
            if isinstance(node, cst.Name) and node.value not in own and node not in declared:
                self.captured.add(node.value)
