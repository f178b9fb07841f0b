"""What code may change behind a rule's back: who owns a list, and which calls could reach it."""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import READS, Function, binding_context
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import IMMUTABLE
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.purity import PURE_BUILTINS, is_plain_class, is_pure
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.tree import Node, code, walk

_HARMLESS_BUILTINS = PURE_BUILTINS | frozenset(words("print next input open getattr hasattr object super"))
_PURE_MODULES = frozenset(
    words("math cmath re string operator itertools statistics bisect fractions decimal textwrap unicodedata")
)
_HARMLESS_IMPORTS = frozenset(
    words("collections.deque collections.Counter collections.defaultdict collections.OrderedDict")
)
_REGEX_FUNCTIONS = frozenset(words("compile match search fullmatch split findall finditer sub subn escape"))
LIST_CHANGES = frozenset(
    words(
        """.append() .extend() .insert() .remove() .pop() .clear() .sort() .reverse() setitem augstore
        .appendleft() .popleft() .extendleft() .rotate()"""
    )
)
_FRESH_CALLS = frozenset(words("list sorted"))


def is_fresh_list(fn: Function, inference: Inference, node: Node) -> bool:
    """``node`` makes a new list that nothing else refers to."""
    match node:
        case cst.List() | cst.ListComp():
            return True
        case cst.Call(func=cst.Name(value=name)):
            return name in _FRESH_CALLS and fn.is_builtin(name)
        case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=method))):
            kind = inference.kind(receiver).name
            return (kind == "str" and method in ("split", "rsplit", "splitlines")) or (
                kind == "list" and method == "copy"
            )
        case cst.BinaryOperation(left=left, right=right):
            return inference.kind(left).name == inference.kind(right).name == "list"
        case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Slice())]):
            return inference.kind(value).name == "list"
    return False


def assigned_value(fn: Function, use: Node) -> Node | None:
    """The value of ``name = value`` where ``use`` is that name; ``None`` for any other way of binding."""
    parent = fn.parent.get(use)
    if isinstance(parent, cst.AnnAssign):
        return parent.value
    if isinstance(parent, cst.AssignTarget):
        statement = cst.ensure_type(fn.parent[parent], cst.Assign)
        return statement.value if len(statement.targets) == 1 else None
    return None


def list_arguments(fn: Function, use: Node) -> str | None:
    """``[str]`` where ``use`` is bound with the annotation ``list[str]``, empty without annotation, ``None``
    for any other annotation."""
    statement = fn.parent[use]
    if not isinstance(statement, cst.AnnAssign):
        return ""
    text = code(statement.annotation.annotation)
    for name in ("list", "List", "typing.List"):
        if text == name or text.startswith(f"{name}["):
            return text.removeprefix(name)
    return None


def is_private(fn: Function, inference: Inference, var: Var, *, returned: bool = True) -> bool:
    """A list made here, bound to this name alone, never handed on (``returned``: until the end)."""
    if not fn.is_plain_local(var) or var[1] in fn.params:
        return False
    allowed = READS | LIST_CHANGES | ({"return"} if returned else set())
    for use in fn.uses(var):
        role = fn.role(use)
        if role == "store":
            value = assigned_value(fn, use)
            if value is None or not is_fresh_list(fn, inference, value):
                return False
        elif role not in allowed and not (returned and fn.hands_over(var, use)):
            return False
    return True


def changes_unseen(fn: Function, inference: Inference, region: Node, var: Var | None = None) -> bool:
    """Something in ``region`` could change a list that others may hold, other than through ``var``."""
    return any(_may_change(fn, inference, node, var) for node in walk(region))


def _may_change(fn: Function, inference: Inference, node: Node, var: Var | None) -> bool:
    match node:
        case cst.Call():
            return not is_harmless_call(fn, inference, node, var)
        case cst.Await() | cst.Yield() | cst.From() | cst.Asynchronous():
            return True
        case cst.AugAssign(target=cst.Name() | cst.Attribute() as target, operator=operator, value=value):
            number = inference.kind(value).name in ("int", "bool", "float")
            grows = (isinstance(operator, cst.AddAssign) and not number) or isinstance(
                operator, cst.MultiplyAssign
            )
            return grows and _may_be_shared_list(fn, inference, target, var)
        case cst.Subscript(value=value) if binding_context(fn, node):
            index = node.slice[0].slice
            if isinstance(index, cst.Index) and inference.kind(index.value).name == "str":
                return False
            return _may_be_shared_list(fn, inference, value, var)
    return False


def _may_be_shared_list(fn: Function, inference: Inference, node: Node, var: Var | None) -> bool:
    """``node`` may be a list that has another name too."""
    own = fn.variable(node)
    if own is not None and own == var:
        return False
    kind = inference.kind(node)
    if kind.known and kind.name != "list":
        return False
    if own is None:
        return True
    stores = [use for use in fn.uses(own) if fn.role(use) == "store"]
    if stores and own[1] not in fn.params and all(_starts_immutable(fn, inference, s) for s in stores):
        return False
    return not is_private(fn, inference, own)


def _starts_immutable(fn: Function, inference: Inference, use: Node) -> bool:
    """``total = 0``: whatever is added later, ``+=`` on it changes no list."""
    value = assigned_value(fn, use)
    return value is not None and inference.kind(value).name in IMMUTABLE


def is_harmless_call(fn: Function, inference: Inference, call: cst.Call, var: Var | None = None) -> bool:
    """The call cannot change a list it was not handed (arguments are judged by their role)."""
    match call.func:
        case cst.Name(value=name):
            if fn.is_builtin(name):
                known = name in _HARMLESS_BUILTINS or name.endswith(("Error", "Exception"))
                return known and all(_is_harmless_callback(fn, c) for c in _callbacks(name, call))
            if name in fn.bound or name in fn.enclosing:
                return False
            if fn.module.function(name):
                return is_pure(fn.module, name)
            if class_ := fn.module.class_(name):
                return is_plain_class(class_)
            origin = fn.module.imported(name) or ""
            return origin in _HARMLESS_IMPORTS or origin.rpartition(".")[0] in _PURE_MODULES - {"re"}
        case cst.Attribute(value=cst.Name(value=name), attr=attr) if fn.imported(name) in _PURE_MODULES:
            return fn.imported(name) != "re" or attr.value in _REGEX_FUNCTIONS
        case cst.Attribute(value=receiver, attr=cst.Name(value=method)):
            kind = inference.kind(receiver)
            if kind.name in IMMUTABLE or kind.name in ("set", "frozenset", "dict", "tuple", "tuple*"):
                return True
            if kind.name == "mapping":
                return method in ("get", "keys", "values", "items")
            if kind.name not in ("list", "deque"):
                return False
            if f".{method}()" not in LIST_CHANGES:
                return True
            return not _may_be_shared_list(fn, inference, receiver, var)
    return False


def _callbacks(name: str, call: cst.Call) -> list[Node]:
    """Arguments a builtin will call."""
    found: list[Node] = [a.value for a in call.args if a.keyword and a.keyword.value == "key"]
    if name in ("map", "filter") and call.args:
        found.append(call.args[0].value)
    return found


def _is_harmless_callback(fn: Function, node: Node) -> bool:
    match node:
        case cst.Lambda():
            return True  # its body is walked with the rest
        case cst.Name(value=name) if name == "None" or fn.is_builtin(name):
            return name == "None" or name in PURE_BUILTINS
        case cst.Name(value=name) if name not in fn.bound and name not in fn.enclosing:
            return fn.module.function(name) is not None and is_pure(fn.module, name)
        case cst.Attribute(value=cst.Name(value="str")):
            return fn.is_builtin("str")
    return False
