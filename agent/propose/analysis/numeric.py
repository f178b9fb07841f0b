"""Kinds of numpy and pandas objects: from annotations, observed summaries, constructors and arithmetic.

``ndarray[float64]`` is an array with one dimension, ``ndarray[ndarray[float64]]`` one with two,
``ndarray[float64*]`` one with any number. ``float64``, ``int64`` and ``bool_`` are numpy's scalars, never
Python's. ``Series[float64]`` names the dtype; ``DataFrame`` has one argument per column, ``'a'[float64]``, in
order, or none where the columns are not known. Only the exact classes are meant, never their subclasses.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence

import libcst as cst

from hasten.agent.propose.analysis import kinds
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.kinds import BOOL, FLOAT, INT, UNKNOWN, Kind
from hasten.agent.propose.analysis.module import ModuleScope, words
from hasten.agent.propose.analysis.tree import Node

FLOAT64, INT64, BOOL_ = Kind("float64"), Kind("int64"), Kind("bool_")
SCALARS = {"float64": FLOAT64, "int64": INT64, "bool": BOOL_}
"""dtype -> kind of an element."""
FRAME = Kind("DataFrame")
_ANY_SHAPE = {"float64": Kind("float64*"), "int64": Kind("int64*"), "bool": Kind("bool_*")}
_DTYPES = {
    "numpy.float64": "float64", "numpy.double": "float64", "float": "float64", "'float64'": "float64",
    "numpy.int64": "int64", "'int64'": "int64", "numpy.bool_": "bool", "numpy.bool": "bool", "bool": "bool",
}  # fmt: skip
_ARITHMETIC = frozenset(words("Add Subtract Multiply Divide"))
_FLOAT_LIKE = frozenset(words("float int bool float64"))
_ELEMENTWISE = frozenset(
    words("sqrt abs absolute fabs exp log log2 log10 log1p expm1 sin cos tan tanh arctan floor ceil square")
)
_MAKERS = frozenset(words("zeros ones empty"))
_LIKE = frozenset(words("zeros_like ones_like empty_like"))
_READERS = frozenset(words("read_csv read_table read_parquet read_feather read_json"))
_NDARRAY = re.compile(r"ndarray\[(\w+), (\d+)d\]")
_SERIES = re.compile(r"Series\[(.+)\]")


def array(element: Kind, dimensions: int = 1) -> Kind:
    for _ in range(dimensions):
        element = Kind("ndarray", (element,))
    return element


def is_vector(kind: Kind, element: Kind = FLOAT64) -> bool:
    """An array with one dimension of exactly these elements."""
    return kind == Kind("ndarray", (element,))


def columns(kind: Kind) -> dict[str, str]:
    """Column -> dtype of a frame whose columns are known; empty otherwise."""
    if kind.name != "DataFrame":
        return {}
    return {str(ast.literal_eval(c.name)): c.args[0].name for c in kind.args}


def of_summary(head: str) -> Kind | None:
    """``ndarray[float64, 1d]``, ``DataFrame['a': float64, 'b': object]``, ``Series[int64]``, ``float64``."""
    if head in ("float64", "int64"):
        return SCALARS[head]
    if match := _NDARRAY.fullmatch(head):
        dimensions = int(match[2])
        return array(SCALARS.get(match[1], UNKNOWN), dimensions) if dimensions else UNKNOWN
    if match := _SERIES.fullmatch(head):
        return Kind("Series", (Kind(match[1]),))
    if head.startswith("DataFrame["):
        return _frame(head)
    return None


def _frame(head: str) -> Kind | None:
    """Labels are written by ``repr``: the text is read as a subscript full of slices."""
    label = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
    pairs = re.findall(rf"({label}): ((?:[^'\",\[]|\[[^\]]*\])+)(?:, |\]$)", head)
    written = ", ".join(f"{name}: {dtype}" for name, dtype in pairs)
    if not pairs or head != f"DataFrame[{written}]":
        return None
    return Kind("DataFrame", tuple(Kind(repr(ast.literal_eval(n)), (Kind(d),)) for n, d in pairs))


def of_node(node: ast.expr, module: ModuleScope) -> Kind | None:
    """An annotation that speaks of numpy or pandas; ``None`` for any other."""
    match node:
        case ast.Subscript(value=base, slice=arguments):
            name = of_import(base, module)
            if name == "numpy.typing.NDArray":
                dtype = _DTYPES.get(of_import(arguments, module), "")
                return Kind("ndarray", (_ANY_SHAPE.get(dtype, UNKNOWN),))
            return Kind("ndarray", (UNKNOWN,)) if name == "numpy.ndarray" else None
        case ast.Name() | ast.Attribute():
            name = of_import(node, module)
            if name in ("numpy.ndarray", "numpy.typing.NDArray"):
                return Kind("ndarray", (UNKNOWN,))
            known = {"numpy.float64": FLOAT64, "numpy.int64": INT64, "pandas.DataFrame": FRAME}
            return Kind("Series", (UNKNOWN,)) if name == "pandas.Series" else known.get(name)
    return None


def of_import(node: ast.expr, module: ModuleScope) -> str:
    """``numpy.ndarray`` for a name or attribute of an annotation that an import leads to; else empty."""
    match node:
        case ast.Name(id=name):
            return module.imported(name) or ""
        case ast.Attribute(value=value, attr=attr):
            base = of_import(value, module)
            return f"{base}.{attr}" if base else ""
    return ""


def sharper(kind: Kind, observed: Kind) -> Kind:
    """An annotation that leaves dtype, dimensions or columns open, completed by what was observed."""
    if not kind.known:
        return observed
    open_ = {"ndarray": kind.args and not is_exact(kind), "Series": kind.args == (UNKNOWN,)}
    vague = open_.get(kind.name, kind == FRAME)
    if not vague or observed.name != kind.name:
        return kind
    said = kind.args[0] if kind.args else UNKNOWN
    agrees = said in (UNKNOWN, Kind(f"{_innermost(observed).name}*")) or kind.name != "ndarray"
    return observed if agrees else kind


def is_exact(kind: Kind) -> bool:
    """An array whose dtype and dimensions are known."""
    return kind.name == "ndarray" and _innermost(kind) in SCALARS.values()


def _innermost(kind: Kind) -> Kind:
    while kind.name == "ndarray":
        kind = kind.args[0]
    return kind


def dotted(fn: Function, node: Node) -> str:
    """``numpy.zeros`` for ``np.zeros``, ``numpy.append`` for a name imported from there; else empty."""
    match node:
        case cst.Name(value=name):
            return fn.imported(name) or ""
        case cst.Attribute(value=value, attr=cst.Name(value=attr)):
            base = dotted(fn, value)
            return f"{base}.{attr}" if base else ""
    return ""


def call_kind(fn: Function, kind: Callable[[Node], Kind], call: cst.Call) -> Kind | None:
    """What a call of numpy or pandas, or of a method of theirs, returns; ``None`` for any other call."""
    package, _, name = dotted(fn, call.func).partition(".")
    plain = not any(a.star for a in call.args)
    if package == "pandas":
        made = name == "DataFrame" or (name in _READERS and not _keyword(call, "chunksize", "iterator"))
        return FRAME if made and plain else UNKNOWN
    if package == "numpy":
        return _numpy(fn, kind, name, call) if plain else UNKNOWN
    if isinstance(call.func, cst.Attribute):
        return _method(kind(call.func.value), call.func.attr.value, call)
    return None


def _keyword(call: cst.Call, *names: str) -> cst.Arg | None:
    return next((a for a in call.args if a.keyword and a.keyword.value in names), None)


def _numpy(fn: Function, kind: Callable[[Node], Kind], name: str, call: cst.Call) -> Kind:
    if not call.args or call.args[0].keyword:
        return UNKNOWN
    first, others = kind(call.args[0].value), call.args[1:]
    if name in _MAKERS:
        dtype = _dtype(fn, others)
        dimensions = 1 if first == INT else len(first.args) if first.name == "tuple" else 0
        whole = dimensions == 1 or all(k == INT for k in first.args)
        return array(SCALARS[dtype], dimensions) if dtype and dimensions and whole else UNKNOWN
    if name in _LIKE:
        return first if is_exact(first) and not others else UNKNOWN
    if name == "array":
        match call.args:
            case [cst.Arg(value=cst.List(elements=[]))]:
                return array(FLOAT64)
        return first if is_exact(first) and not others else UNKNOWN
    if name == "linspace" and not _keyword(call, "dtype", "retstep", "axis"):
        return array(FLOAT64) if len(call.args) <= 3 and first in (INT, FLOAT) else UNKNOWN
    if name == "append" and len(others) == 1:
        return first if is_vector(first) and kind(others[0].value).name in _FLOAT_LIKE else UNKNOWN
    if name in _ELEMENTWISE and not others:
        return first if _innermost(first) == FLOAT64 else FLOAT64 if first == FLOAT else UNKNOWN
    return UNKNOWN


def _dtype(fn: Function, others: Sequence[cst.Arg]) -> str:
    """dtype named by the arguments after the shape; empty where we cannot tell."""
    match list(others):
        case []:
            return "float64"
        case [cst.Arg(keyword=None | cst.Name(value="dtype"), value=value)]:
            if isinstance(value, cst.Name) and value.value in ("float", "bool"):
                return _DTYPES[value.value] if fn.is_builtin(value.value) else ""
            text = repr(value.evaluated_value) if isinstance(value, cst.SimpleString) else ""
            return _DTYPES.get(text or dotted(fn, value), "")
    return ""


def _method(receiver: Kind, method: str, call: cst.Call) -> Kind | None:
    if receiver.name == "ndarray":
        element = receiver.args[0]
        if method == "tolist" and element in (FLOAT64, INT64, BOOL_):
            return Kind("list", ({FLOAT64: FLOAT, INT64: INT, BOOL_: BOOL}[element],))
        if method == "copy":
            return receiver
        flat = method in ("ravel", "flatten") and is_exact(receiver)
        return array(_innermost(receiver)) if flat else UNKNOWN
    if receiver.name == "Series" and method == "to_numpy" and not call.args:
        dtype = receiver.args[0].name
        return array(SCALARS[dtype]) if dtype in SCALARS else UNKNOWN
    if receiver.name == "DataFrame" and method == "copy":
        return receiver
    return None


def subscript(base: Kind, index: cst.BaseSlice, kind: Callable[[Node], Kind]) -> Kind | None:
    """``a[i]``, ``a[1:]``, ``df["a"]``; ``None`` where ``base`` is no array or frame."""
    if base.name == "DataFrame":
        if isinstance(index, cst.Index) and isinstance(index.value, cst.SimpleString):
            dtype = columns(base).get(str(index.value.evaluated_value))
            return Kind("Series", (Kind(dtype),)) if dtype else UNKNOWN
        return UNKNOWN
    if base.name != "ndarray":
        return None
    if isinstance(index, cst.Slice):
        return base
    whole = isinstance(index, cst.Index) and kind(index.value) in (INT, INT64)
    return base.element if whole and is_exact(base) else UNKNOWN


def operation(left: Kind, name: str, right: Kind) -> Kind:
    """``kinds.operation``, and arithmetic of float64 arrays and scalars with numbers."""
    names = {_innermost(left).name, _innermost(right).name}
    if "float64" not in names or name not in _ARITHMETIC or not names <= _FLOAT_LIKE:
        return kinds.operation(left, name, right)
    arrays = [k for k in (left, right) if k.name == "ndarray"]
    return max(arrays, key=_dimensions, default=FLOAT64)


def unary(name: str, kind: Kind) -> Kind:
    """Kind of ``-x``, ``not x`` and the like, operators named as libcst does."""
    if name == "Not":
        return BOOL
    return kind if kind in (INT, FLOAT) or _innermost(kind) == FLOAT64 else UNKNOWN


def _dimensions(kind: Kind) -> int:
    return 1 + _dimensions(kind.args[0]) if kind.name == "ndarray" else 0


def makes_new(fn: Function, node: Node) -> bool:
    """A call that makes an array or a frame nobody else has."""
    if not isinstance(node, cst.Call):
        return False
    package, _, name = dotted(fn, node.func).partition(".")
    if package == "pandas":
        first = node.args[0].value if node.args else None
        displayed = first is None or isinstance(first, (cst.Dict, cst.List, cst.DictComp, cst.ListComp))
        return name in _READERS or (name == "DataFrame" and displayed)  # of an array it is a view
    return package == "numpy" and name in _MAKERS | _LIKE | {"linspace", "array"}


def module_alias(fn: Function, module: str) -> str | None:
    """The name the file imported ``module`` as, where it still means that in this function."""
    return next((name for name in fn.module.bindings if fn.imported(name) == module), None)
