"""Whether numpy's numbers can be Python's numbers on every way they take through a function.

A ``np.float64`` computes, compares and converts like a ``float``, but divides by zero, prints and overflows
otherwise; an ``np.int64`` wraps around. So they are followed from where they enter: through arithmetic that
gives the same number, to tests, conversions, positions and cells of arrays, where nobody can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from hasten.agent.propose.analysis.effects import assigned_value
from hasten.agent.propose.analysis.elementwise import ORDER
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import FLOAT
from hasten.agent.propose.analysis.module import words
from hasten.agent.propose.analysis.numeric import BOOL_, FLOAT64, INT64, dotted, is_vector
from hasten.agent.propose.analysis.reader import Var
from hasten.agent.propose.analysis.scalars import is_small_int
from hasten.agent.propose.analysis.tree import Node, operator_name

_ROUNDS = 8
_MATH = frozenset(
    f"math.{name}"
    for name in words(
        """sqrt exp log log2 log10 log1p expm1 sin cos tan asin acos atan atan2 sinh cosh tanh hypot pow fabs
        isnan isinf isfinite degrees radians copysign fmod"""
    )
)
_WHOLE_MATH = frozenset(["math.floor", "math.ceil", "math.trunc"])
_SUMS = frozenset(["Add", "Subtract", "Multiply"])
_CUTS = frozenset(["Modulo", "FloorDivide", "BitAnd"])


@dataclass
class Unboxed:
    """``numbers``: variables that hold numpy's numbers now and may hold Python's -> dtype.

    Grows by the variables they are assigned to.
    """

    fn: Function
    inference: Inference
    numbers: dict[Var, str]
    followed: dict[Node, str] = field(default_factory=dict)
    """Expressions that are such numbers -> dtype."""
    returns: list[cst.BaseExpression] = field(default_factory=list)
    """What is returned and was numpy's for sure: to be converted back."""

    def holds(self, elements: Mapping[Node, str]) -> bool:
        """Nobody can tell the difference; ``elements`` are expressions that become Python's numbers."""
        for _ in range(_ROUNDS):
            known, met, self.returns = dict(self.numbers), len(self.followed), []
            fine = True  # every way is followed to its end: a variable may turn up on a later one
            for node, dtype in elements.items():
                fine = self._follow(node, dtype) and fine
            for var, dtype in known.items():
                for use in self.fn.uses(var):
                    fine = self._use(use, var, dtype) and fine
            if known == self.numbers and met == len(self.followed):
                return fine
        return False

    def _use(self, use: Node, var: Var, dtype: str) -> bool:
        match self.fn.role(use):
            case "store":
                value = assigned_value(self.fn, use)
                if value is None:  # bound by a loop
                    return self.inference.variable(var) in (FLOAT64, INT64, BOOL_)
                return self._is_like(value, dtype)
            case "augstore":
                statement = cst.ensure_type(self.fn.parent[use], cst.AugAssign)
                return self._combines(dtype, operator_name(statement.operator), statement.value) == dtype
            case "del":
                return False
        return self._follow(use, dtype)

    def _is_like(self, value: Node, dtype: str) -> bool:
        """What else the variable may hold is a number of the same family."""
        return self._family(value) in ({dtype, "float", "small"} if dtype == "float64" else {dtype, "small"})

    def _family(self, node: Node) -> str | None:
        """``float64``, ``int64``, ``float``, ``small`` for an integer of moderate size."""
        var = self.fn.variable(node)
        if var is not None and var in self.numbers:
            return self.numbers[var]
        if node in self.followed:
            return self.followed[node]
        if is_small_int(self.fn, node):
            return "small"
        known = {FLOAT: "float", FLOAT64: "float64", INT64: "int64"}.get(self.inference.kind(node))
        if known is None and isinstance(node, cst.BinaryOperation):
            sides = {self._family(node.left), self._family(node.right)}
            whole = operator_name(node.operator) in _SUMS and None not in sides
            return "float64" if whole and sides & {"float", "float64"} else None
        return known

    def _follow(self, node: Node, dtype: str) -> bool:
        """``node`` is a number of numpy's and becomes Python's: fine where it stands?"""
        self.followed[node] = dtype
        if self.fn.role(node) == "truth":
            return True
        parent = self.fn.parent.get(node)
        match parent:
            case cst.BinaryOperation():
                return self._operation(parent, node, dtype)
            case cst.UnaryOperation(operator=cst.Minus()):
                return dtype == "float64" and self._follow(parent, dtype)
            case cst.Comparison() | cst.ComparisonTarget():
                whole = parent if isinstance(parent, cst.Comparison) else self.fn.parent[parent]
                return self._compared(cst.ensure_type(whole, cst.Comparison), dtype)
            case cst.IfExp():
                other = parent.orelse if node is parent.body else parent.body
                return self._is_like(other, dtype) and self._follow(parent, dtype)
            case cst.Arg():
                return self._argument(parent, dtype)
            case cst.Index():
                return dtype == "int64" and self._position(parent)
            case cst.Assign():
                return len(parent.targets) == 1 and self._stored(parent.targets[0].target, dtype)
            case cst.AugAssign():
                plain = operator_name(parent.operator) in _SUMS and dtype == "float64"
                return plain and self._stored(parent.target, dtype)
            case cst.FormattedStringExpression():
                return dtype == "float64" and bool(parent.format_spec) and not parent.conversion
            case cst.Return() if self.inference.kind(node) in (FLOAT64, INT64):
                self.returns.append(cst.ensure_type(parent, cst.Return).value or cst.Name("None"))
                return True
        return False

    def _operation(self, whole: cst.BinaryOperation, node: Node, dtype: str) -> bool:
        name = operator_name(whole.operator)
        other = whole.right if node is whole.left else whole.left
        if node is whole.left and name in _CUTS | {"Divide"}:
            if not isinstance(other, (cst.Integer, cst.Float)) or other.evaluated_value == 0:
                return False
            if name == "Divide":
                return dtype == "float64" and self._follow(whole, dtype)
            return dtype == "int64" and isinstance(other, cst.Integer) and self._follow(whole, dtype)
        result = self._combines(dtype, name, other)
        return result is not None and self._follow(whole, result)

    def _combines(self, dtype: str, name: str, other: Node) -> str | None:
        """dtype of a sum or product with ``other``."""
        family = self._family(other)
        if name not in _SUMS or family is None:
            return None
        if dtype == "float64":
            return "float64"
        return "float64" if isinstance(other, cst.Float) or family == "float64" else None

    def _compared(self, whole: cst.Comparison, dtype: str) -> bool:
        if self.fn.role(whole) != "truth" or not all(
            isinstance(c.operator, ORDER) for c in whole.comparisons
        ):
            return False
        sides = {self._family(s) for s in (whole.left, *(c.comparator for c in whole.comparisons))}
        return sides <= ({"float64", "float", "small"} if dtype == "float64" else {"int64", "small"})

    def _argument(self, arg: cst.Arg, dtype: str) -> bool:
        call = self.fn.parent.get(arg)
        if not isinstance(call, cst.Call) or any(a.star or a.keyword for a in call.args):
            return False
        name = call.func.value if isinstance(call.func, cst.Name) else ""
        if not self.fn.is_builtin(name):
            origin = dotted(self.fn, call.func)
            return (origin in _MATH or (origin in _WHOLE_MATH and dtype == "float64")) and dtype != "bool"
        if name in ("float", "int", "bool") and len(call.args) == 1:
            return True
        if name == "abs" or (name in ("min", "max") and len(call.args) > 1):
            alike = all(self._is_like(a.value, dtype) for a in call.args)
            return dtype == "float64" and alike and self._follow(call, dtype)
        return False

    def _position(self, index: cst.Index) -> bool:
        element = self.fn.parent[index]
        subscript = self.fn.parent[element]
        if not isinstance(subscript, cst.Subscript) or len(subscript.slice) != 1:
            return False
        return self.inference.kind(subscript.value).name in ("list", "tuple", "tuple*", "str", "ndarray")

    def _stored(self, target: Node, dtype: str) -> bool:
        match target:
            case cst.Name():
                var = self.fn.variable(target)
                if var is None or not self.fn.is_plain_local(var) or var[1] in self.fn.params:
                    return False
                self.numbers.setdefault(var, dtype)
                return self.numbers[var] == dtype
            case cst.Subscript(value=array):
                kind = self.inference.kind(array)
                same = dtype == "int64" and is_vector(kind, INT64)
                return same or (dtype in ("float64", "int64") and is_vector(kind))
        return False
