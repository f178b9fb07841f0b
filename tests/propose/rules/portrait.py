"""A picture of values that is equal for equal behaviour: exact types, NaN, order, and who is who."""

from __future__ import annotations

import types
from itertools import islice
from typing import Any

_MOST = 2000
"""Elements taken from what an iterator has left: it may never end."""

_ATOMS = (int, bool, str, bytes, complex, type(None), range, type(...), type(NotImplemented))
_CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, type)


class Portrait:
    """Pictures of several values of one call; the same object seen again is said to be that."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._pictured: set[int] = set()
        self._kept: list[object] = []

    def introduce(self, value: object) -> None:
        """Give the objects that can change a number before the call: the arguments, outermost first."""
        kind = type(value)
        if kind in _ATOMS or kind is float or id(value) in self._numbers or isinstance(value, _CODE):
            return
        if kind not in (tuple, frozenset):
            self._number(value)
        if isinstance(value, dict):
            for key, item in dict.items(value):
                self.introduce(key)
                self.introduce(item)
        elif isinstance(value, (list, tuple)):
            for item in list.__iter__(value) if isinstance(value, list) else tuple.__iter__(value):
                self.introduce(item)

    def of(self, value: Any) -> object:
        """The picture of one value, as nested tuples."""
        kind = type(value)
        if kind in _ATOMS:
            return kind.__name__, repr(value) if kind is complex else value
        if kind is float:
            return "float", repr(value)
        if kind is tuple:
            return ("tuple", *(self.of(item) for item in value))
        if kind is frozenset:
            return "frozenset", self._unordered(value)
        if isinstance(value, _CODE):
            return kind.__name__, getattr(value, "__qualname__", repr(kind))
        known = id(value) in self._pictured
        number = self._number(value)
        if known:
            return "same", number
        self._pictured.add(id(value))
        return (f"{kind.__module__}.{kind.__qualname__}", number, *self._contents(value))

    def _number(self, value: object) -> int:
        if id(value) not in self._numbers:
            self._numbers[id(value)] = len(self._numbers)
            self._kept.append(value)  # an address must not be used again while we remember it
        return self._numbers[id(value)]

    def _contents(self, value: Any) -> list[object]:
        family = type(value).__module__.partition(".")[0]
        if family in ("numpy", "pandas"):
            return _table(self, value)
        found: list[object] = []
        if isinstance(value, dict):
            found += [(self.of(k), self.of(v)) for k, v in dict.items(value)]
        elif isinstance(value, list):
            found += [self.of(item) for item in list.__iter__(value)]
        elif isinstance(value, tuple):
            found += [self.of(item) for item in tuple.__iter__(value)]
        elif isinstance(value, (set, frozenset)):
            found.append(self._unordered(value))
        elif isinstance(value, (str, bytes, bytearray, int)):
            found.append((type(value).__mro__[-2].__name__, repr(_plain(value))))
        elif isinstance(value, float):
            found.append(repr(float(value)))
        elif hasattr(type(value), "__next__") or _is_view(value):
            found += self._left(value)
        elif isinstance(value, types.MappingProxyType) or hasattr(type(value), "popleft"):
            found += [self.of(item) for item in value]
        if isinstance(value, BaseException):
            return [self.of(value.args)]
        attributes = getattr(value, "__dict__", None)
        if isinstance(attributes, dict):
            found += [(name, self.of(item)) for name, item in sorted(attributes.items())]
        for name in _slots(type(value)):
            found.append((name, self.of(getattr(value, name, "unset"))))
        return found

    def _left(self, iterator: Any) -> list[object]:
        """What an iterator still has to give, and how it ends."""
        found: list[object] = []
        try:
            found += [self.of(item) for item in islice(iterator, _MOST)]
        except Exception as error:
            found.append(("raised", type(error).__qualname__))
        return found

    def _unordered(self, items: Any) -> tuple[object, ...]:
        """The order of a set is nobody's promise."""
        return tuple(self.of(item) for item in sorted(items, key=lambda item: repr(Portrait().of(item))))


def _plain(value: str | bytes | bytearray | int) -> object:
    """A subclass' instance as the builtin it derives from, whatever its own methods say."""
    if isinstance(value, str):
        return str.__getitem__(value, slice(None))
    if isinstance(value, int):
        return int.__index__(value)
    return bytes(memoryview(value))


def _slots(kind: type) -> list[str]:
    names: list[str] = []
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
    return [name for name in names if name not in ("__dict__", "__weakref__")]


def _is_view(value: object) -> bool:
    return type(value).__name__ in ("dict_keys", "dict_values", "dict_items")


def _table(portrait: Portrait, value: Any) -> list[object]:
    """Arrays and frames by dtype, shape, labels and elements."""
    if hasattr(value, "dtypes") and hasattr(value, "columns"):
        columns = [
            (portrait.of(name), str(dtype)) for name, dtype in zip(value.columns, value.dtypes, strict=True)
        ]
        rows = [portrait.of(row) for row in value.itertuples(name=None)]
        return [
            columns,
            str(value.index.dtype),
            portrait.of(value.index.name),
            rows,
            portrait.of(value.attrs),
        ]
    found: list[object] = [str(getattr(value, "dtype", "")), repr(getattr(value, "shape", ""))]
    if hasattr(value, "index") and hasattr(value, "name"):
        found += [portrait.of(value.name), str(value.index.dtype), portrait.of(list(value.index))]
    if hasattr(value, "tolist"):
        found.append(Portrait().of(value.tolist()))
    else:
        found.append(repr(value))
    return found
