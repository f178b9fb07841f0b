"""Functions and classes of the file that change nothing but what they made themselves."""

from __future__ import annotations

import ast

from hasten.agent.propose.analysis.calls import STR_METHODS
from hasten.agent.propose.analysis.kinds import IMMUTABLE
from hasten.agent.propose.analysis.module import ModuleScope, words

PURE_BUILTINS = frozenset(
    words(
        """abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float format
        frozenset hash hex id int isinstance issubclass iter len list map max min oct ord pow range repr
        reversed round set slice sorted str sum tuple type zip"""
    )
)


def is_plain_class(class_: ast.ClassDef) -> bool:
    """A dataclass or named tuple whose construction runs no code of the user's."""
    names = {ast.unparse(d).split("(")[0].rpartition(".")[2] for d in class_.decorator_list}
    bases = {ast.unparse(b).rpartition(".")[2] for b in class_.bases}
    plain = (names == {"dataclass"} and not bases) or (not names and bases == {"NamedTuple"})
    fixed = {"__init__", "__post_init__", "__new__", "__setattr__"}
    defined = {s.name for s in class_.body if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef))}
    return plain and not class_.keywords and not defined & fixed


def is_pure(module: ModuleScope, name: str, visiting: frozenset[str] = frozenset()) -> bool:
    """A function of the file that changes nothing but its own variables. It may read what others change."""
    if name in visiting:
        return True
    function = module.function(name)
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return False
    return has_no_effects(module, function, visiting | {name})


def has_no_effects(
    module: ModuleScope, function: ast.FunctionDef, visiting: frozenset[str] = frozenset()
) -> bool:
    """Only builtins, text methods, pure functions and changes of containers made inside."""
    own, scalars = _containers_made_inside(function), _scalars(function)
    return all(
        _is_effect_free(module, node, own, scalars, visiting)
        for part in function.body
        for node in ast.walk(part)
    )


def _scalars(function: ast.FunctionDef) -> frozenset[str]:
    """Names that start as, or are annotated as, a number or text: ``+=`` on them changes no object."""
    names = {
        a.arg
        for a in ast.walk(function.args)
        if isinstance(a, ast.arg) and isinstance(a.annotation, ast.Name) and a.annotation.id in IMMUTABLE
    }
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant()):
                names.add(name)
    return frozenset(names)


def _containers_made_inside(function: ast.FunctionDef) -> frozenset[str]:
    """Locals that are only ever bound to a container display or comprehension."""
    parameters = {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}
    made: set[str] = set()
    stored: list[str] = []
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            stored.append(node.id)
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            displays = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
            if len(targets) == 1 and isinstance(targets[0], ast.Name) and isinstance(node.value, displays):
                made.add(targets[0].id)
    return frozenset(n for n in made - parameters if stored.count(n) == 1)


def _is_effect_free(
    module: ModuleScope,
    node: ast.AST,
    own: frozenset[str],
    scalars: frozenset[str],
    visiting: frozenset[str],
) -> bool:
    match node:
        case ast.Global() | ast.Nonlocal() | ast.Yield() | ast.YieldFrom() | ast.Await() | ast.With():
            return False
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return False
        case ast.Attribute(ctx=ast.Store() | ast.Del()):
            return False
        case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
            return isinstance(value, ast.Name) and value.id in own
        case ast.AugAssign(target=ast.Name(id=name)):
            return name in own or name in scalars
        case ast.Call(func=ast.Name(id=name)):
            if not module.binds(name):
                calls_back = name in ("map", "filter") or any(k.arg == "key" for k in node.keywords)
                return not calls_back and (name in PURE_BUILTINS or name.endswith("Error"))
            origin = (module.imported(name) or "").rpartition(".")[0]
            return origin in ("math", "operator") or is_pure(module, name, visiting)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()))):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
            if module.imported(name) in ("math", "operator"):
                return True
            return name in own or method in STR_METHODS - {"replace", "join", "index", "count"}
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in STR_METHODS - {"replace", "join", "index", "count"}
        case ast.Call():
            return False
    return True
