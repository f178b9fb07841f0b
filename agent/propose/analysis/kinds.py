"""The small type language rules reason with: kinds of values, their joins, hashability, arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

IMMUTABLE = frozenset({"str", "int", "bool", "bytes", "float", "complex", "None"})
"""Builtin types whose hash agrees with their equality and that never change."""


_HOLDERS = ("list", "tuple*", "set", "frozenset", "dict", "iterable", "mapping", "deque", "open file")
"""Kinds whose first argument is what iteration yields."""
_OTHERS = ("tuple", "union", "ndarray", "Series", "DataFrame", "float64", "int64", "bool_")
_RESERVED = IMMUTABLE.union(_HOLDERS, _OTHERS)
"""Kinds with a meaning of their own; the name of any other is that of a class of the file."""


@dataclass(frozen=True)
class Kind:
    """What a value is: ``name`` with arguments, as in ``dict[str, int]``.

    ``?`` is anything, ``!`` nothing yet (no value seen), ``union`` one of its arguments, ``tuple`` a tuple of
    exactly these, ``tuple*`` a tuple of any length, ``iterable`` and ``mapping`` things to loop over or look
    up in. Other names are classes of the module.
    """

    name: str
    args: tuple[Kind, ...] = ()

    @property
    def known(self) -> bool:
        return self.name not in ("?", "!")

    @property
    def hashable(self) -> bool:
        """Builtin values whose hash is sure to agree with ``==`` and never to raise."""
        if self.name in IMMUTABLE:
            return True
        if self.name in ("tuple", "tuple*", "frozenset", "union"):
            return all(a.hashable for a in self.args) and (bool(self.args) or self.name == "tuple")
        return False

    @property
    def is_array(self) -> bool:
        """A list or tuple: what ``in``, ``count`` and ``index`` scan element by element."""
        return self.name in ("list", "tuple", "tuple*")

    @property
    def element(self) -> Kind:
        """What iteration yields."""
        if self.name == "tuple":
            return join(*self.args)
        if self.name in _HOLDERS:
            return self.args[0] if self.args else UNKNOWN
        if self.name == "ndarray":
            return UNKNOWN if self.args[0].name.endswith("*") else self.args[0]
        if self.name == "str":
            return STR
        if self.name == "!":
            return self
        return INT if self.name == "bytes" else UNKNOWN

    @property
    def value(self) -> Kind:
        """What a dict's keys lead to."""
        return self.args[1] if self.name in ("dict", "mapping") and len(self.args) == 2 else UNKNOWN


UNKNOWN, NOTHING = Kind("?"), Kind("!")
STR, INT, BOOL, FLOAT, BYTES, NONE = (Kind(n) for n in ("str", "int", "bool", "float", "bytes", "None"))


def own_class(name: str) -> Kind:
    """A class of the file; one called ``deque`` or ``DataFrame`` is not the one rules know."""
    return UNKNOWN if name in _RESERVED else Kind(name)


def join(*kinds: Kind) -> Kind:
    """The narrowest kind that covers all: ``!`` is neutral, ``?`` wins."""
    alternatives: dict[Kind, None] = {}
    for kind in kinds:
        for one in kind.args if kind.name == "union" else (kind,):
            if one.name != "!":
                alternatives[one] = None
    if not alternatives:
        return NOTHING
    names = {one.name for one in alternatives}
    if "?" in names:
        return UNKNOWN
    if len(alternatives) == 1:
        return next(iter(alternatives))
    arities = {len(one.args) for one in alternatives}
    if len(names) == 1 and len(arities) == 1:
        columns = zip(*(one.args for one in alternatives), strict=True)
        return Kind(names.pop(), tuple(join(*column) for column in columns))
    if names <= IMMUTABLE | {"tuple", "tuple*", "frozenset"}:
        return Kind("union", tuple(alternatives))
    return UNKNOWN


def item(kind: Kind) -> Kind:
    """``kind`` as a container's element, when no annotation vouches for what later happens inside it."""
    changeable = kind.name in ("list", "dict", "set", "deque")
    return Kind(kind.name, (UNKNOWN,) * len(kind.args)) if changeable else kind


def operation(left: Kind, name: str, right: Kind) -> Kind:
    """Result of ``left <name> right``, operators named as libcst does: ``Add``, ``Modulo``."""
    numbers = ("int", "bool", "float")
    if left.name in numbers and right.name in numbers:
        if name == "Power":
            return UNKNOWN  # a negative exponent changes the type
        return FLOAT if name == "Divide" or "float" in (left.name, right.name) else INT
    if name == "Add" and "!" in (left.name, right.name):
        return left if right.name == "!" else right
    if name == "Add" and left.name == right.name and left.name in ("str", "bytes", "list", "tuple*"):
        return join(left, right)
    if name == "Modulo" and left.name == "str":
        return STR
    if name == "Multiply" and (left.name, right.name) in (("str", "int"), ("int", "str")):
        return STR
    return left if name == "Multiply" and left.name == "list" and right.name == "int" else UNKNOWN
