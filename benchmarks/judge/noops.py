"""Patches that change how a program reads and nothing that it does, made from seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from random import Random
from typing import TypeVar

import libcst as cst

from benchmarks.judge.stall import FILES, MODULES

Node = TypeVar("Node", bound=cst.CSTNode)
Change = Callable[[Random, cst.Module], cst.Module | None]
"""A changed module; None where there is nothing of the kind to change."""

REMARKS = (
    "Kept simple on purpose.",
    "See the notes on the stall's data.",
    "The order matters to the reader only.",
    "Checked by hand once.",
)
NEW_NAMES = ("this_{}", "{}_now", "{}_value", "current_{}")
TYPES = {
    **{"count": "int", "last": "int", "customer": "str", "first": "str", "second": "str"},
    **{"made": "list", "names": "list", "words": "list", "queries": "list", "table": "list"},
}
STATEMENTS = (cst.SimpleStatementLine, cst.For, cst.If, cst.While)


@lru_cache
def parsed(text: str) -> cst.Module:
    return cst.parse_module(text)


@cache
def everything(node: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
    """A node and all below it, in source order."""
    return (node, *(each for child in node.children for each in everything(child)))


def within(node: cst.CSTNode, kind: type[Node] | tuple[type[Node], ...]) -> list[Node]:
    """All nodes of a kind, in source order."""
    return [each for each in everything(node) if isinstance(each, kind)]


def one_of(rng: Random, nodes: Sequence[Node]) -> Node | None:
    return rng.choice(nodes) if nodes else None


def swapped(module: cst.Module, old: cst.CSTNode, new: cst.CSTNode) -> cst.Module:
    changed = module.deep_replace(old, new)
    assert isinstance(changed, cst.Module)
    return changed


class Renaming(cst.CSTTransformer):
    """Another name for a variable; attributes and keywords of the same name stay."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self.old, self.new = old, new

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:  # noqa: N802
        return updated_node.with_changes(value=self.new) if updated_node.value == self.old else updated_node

    def leave_Attribute(  # noqa: N802
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:  # noqa: N802
        return updated_node.with_changes(keyword=original_node.keyword)


def variables(function: cst.FunctionDef) -> list[str]:
    """Names that a function assigns or loops over, without its parameters."""
    targets: list[cst.CSTNode] = [each.target for each in within(function, cst.AssignTarget)]
    targets += [each.target for each in within(function, cst.For)]
    names = {name.value for target in targets if not isinstance(target, cst.Subscript | cst.Attribute)
             for name in within(target, cst.Name)}  # fmt: skip
    return sorted(names - {each.name.value for each in within(function, cst.Param)} - {"_"})


def renamed_variable(rng: Random, module: cst.Module) -> cst.Module | None:
    function = one_of(rng, [each for each in within(module, cst.FunctionDef) if variables(each)])
    if function is None:
        return None
    old = rng.choice(variables(function))
    taken = {name.value for name in within(module, cst.Name)}
    free = [name for name in (form.format(old) for form in NEW_NAMES) if name not in taken]
    if not free:
        return None
    renamed = function.visit(Renaming(old, rng.choice(free)))
    assert isinstance(renamed, cst.FunctionDef)
    return swapped(module, function, renamed)


def added_comment(rng: Random, module: cst.Module) -> cst.Module | None:
    statement = one_of(rng, [each for each in inner_statements(module) if not is_docstring(each)])
    if statement is None:
        return None
    line = cst.EmptyLine(comment=cst.Comment(f"# {rng.choice(REMARKS)}"))
    return swapped(module, statement, statement.with_changes(leading_lines=(*statement.leading_lines, line)))


def changed_comment(rng: Random, module: cst.Module) -> cst.Module | None:
    comment = one_of(rng, within(module, cst.Comment))
    if comment is None:
        return None
    return swapped(module, comment, comment.with_changes(value=f"{comment.value} {rng.choice(REMARKS)}"))


def changed_docstring(rng: Random, module: cst.Module) -> cst.Module | None:
    text = one_of(rng, [each for each in within(module, cst.SimpleString) if each.quote == '"""'])
    if text is None:
        return None
    return swapped(module, text, text.with_changes(value=f'{text.value[:-3]} {rng.choice(REMARKS)}"""'))


def added_docstring(rng: Random, module: cst.Module) -> cst.Module | None:
    bare = [each for each in within(module, cst.FunctionDef) if each.get_docstring() is None]
    function = one_of(rng, bare)
    if function is None or not isinstance(function.body, cst.IndentedBlock):
        return None
    text = cst.SimpleStatementLine([cst.Expr(cst.SimpleString(f'"""{rng.choice(REMARKS)}"""'))])
    body = function.body.with_changes(body=(text, *function.body.body))
    return swapped(module, function.body, body)


def reordered_functions(rng: Random, module: cst.Module) -> cst.Module | None:
    body = list(module.body)
    at = [
        i
        for i in range(len(body) - 1)
        if isinstance(body[i], cst.FunctionDef) and isinstance(body[i + 1], cst.FunctionDef)
    ]
    if not at:
        return None
    i = rng.choice(at)
    body[i], body[i + 1] = body[i + 1], body[i]
    return module.with_changes(body=body)


def annotated_parameter(rng: Random, module: cst.Module) -> cst.Module | None:
    bare = [each for each in within(module, cst.Param) if each.annotation is None]
    parameter = one_of(rng, [each for each in bare if each.name.value in TYPES])
    if parameter is None:
        return None
    kind = cst.Annotation(cst.Name(TYPES[parameter.name.value]))
    return swapped(module, parameter, parameter.with_changes(annotation=kind))


def annotated_variable(rng: Random, module: cst.Module) -> cst.Module | None:
    kinds = {cst.Integer: "int", cst.List: "list", cst.Dict: "dict"}
    assigned = [
        each
        for function in within(module, cst.FunctionDef)
        for each in within(function, cst.Assign)
        if type(each.value) in kinds
        and len(each.targets) == 1
        and isinstance(each.targets[0].target, cst.Name)
    ]
    assign = one_of(rng, assigned)
    if assign is None:
        return None
    kind = cst.Annotation(cst.Name(kinds[type(assign.value)]))
    return swapped(module, assign, cst.AnnAssign(assign.targets[0].target, kind, assign.value))


def blank_line(rng: Random, module: cst.Module) -> cst.Module | None:
    statement = one_of(rng, inner_statements(module))
    if statement is None:
        return None
    line = cst.EmptyLine(indent=False)
    return swapped(module, statement, statement.with_changes(leading_lines=(line, *statement.leading_lines)))


def respelled_number(rng: Random, module: cst.Module) -> cst.Module | None:
    number = one_of(rng, [each for each in within(module, cst.Integer) if each.evaluated_value >= 10])
    if number is None:
        return None
    value = number.evaluated_value
    forms = [form for form in (f"{value:_}", f"0x{value:x}") if form != number.value]
    return swapped(module, number, number.with_changes(value=rng.choice(forms)))


def other_quotes(rng: Random, module: cst.Module) -> cst.Module | None:
    plain = [
        each
        for each in within(module, cst.SimpleString)
        if each.quote == '"' and "'" not in each.value and "\\" not in each.value
    ]
    text = one_of(rng, plain)
    if text is None:
        return None
    return swapped(module, text, text.with_changes(value=f"'{text.value[1:-1]}'"))


def parenthesised(rng: Random, module: cst.Module) -> cst.Module | None:
    values = [each.value for each in within(module, cst.Return)]
    values += [each.value for each in within(module, cst.Assign)]
    bare = [each for each in values if each is not None and not each.lpar and not isinstance(each, cst.Tuple)]
    value = one_of(rng, bare)
    if value is None:
        return None
    return swapped(module, value, value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]))


def inner_statements(module: cst.Module) -> list[cst.SimpleStatementLine | cst.For | cst.If | cst.While]:
    """Statements inside functions that can have lines of their own before them."""
    blocks = [each for f in within(module, cst.FunctionDef) for each in within(f, cst.IndentedBlock)]
    found = {id(each): each for block in blocks for each in block.body if isinstance(each, STATEMENTS)}
    return list(found.values())


def is_docstring(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    first: cst.CSTNode = statement.body[0]
    return isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString)


KINDS: Mapping[str, Change] = {
    change.__name__.replace("_", " "): change
    for change in (
        renamed_variable,
        added_comment,
        changed_comment,
        changed_docstring,
        added_docstring,
        reordered_functions,
        annotated_parameter,
        annotated_variable,
        blank_line,
        respelled_number,
        other_quotes,
        parenthesised,
    )
}


def noop(seed: int) -> tuple[str, dict[str, str]]:
    """What patch number ``seed`` does, and the changed files: each kind in turn, half of them with a second
    change on top."""
    rng = Random(seed)
    files = {path: FILES[path] for path in MODULES.values()}
    kinds = [list(KINDS)[seed % len(KINDS)], *rng.sample(list(KINDS), rng.randrange(2))]
    for kind in kinds:
        paths = [*files]
        rng.shuffle(paths)
        for path in paths:
            module = KINDS[kind](rng, parsed(files[path]))
            if module is not None:
                files[path] = module.code
                break
    return " and ".join(kinds), {path: text for path, text in files.items() if text != FILES[path]}
