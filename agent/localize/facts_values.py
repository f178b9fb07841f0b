"""What values look like: types, lengths, contents, state; the part of the facts probe that looks.

Runs in the user's interpreter before the probe itself (Python 3.8, stdlib only). It looks into objects of
builtin and well-known types only and compares types by identity, so that no code of the user runs.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque

TYPE_CHECKING = False
if TYPE_CHECKING:  # spares the program the import
    from collections.abc import Iterable
    from typing import Any

MAX_KINDS = 12
MAX_SIZES = 2048
MAX_VALUES = 256  # Parts of a container, characters/64 of a string, beyond which arguments are not compared.
MAX_BYTES = 16_384  # Of an array whose contents are compared.
WHOLE = 100_000  # Elements of one container whose types are looked at; beyond, the first ones.
INSIDE = 1_000  # Containers inside one container that are looked into; beyond, the first ones.
ALTERNATIVES = 4  # Types of elements that are told apart.
COLUMNS = 40
UNITS = 3_000_000  # Elements looked at per definition (about 0.1 s); later values are looked at less closely.
FRAME_UNITS = 1_000


class Kinds:
    """Types compared by identity: a class may say of itself what it likes."""

    def __init__(self, *kinds: type) -> None:
        self.kinds = kinds
        self.ids = frozenset(map(id, kinds))

    def __contains__(self, kind: type) -> bool:
        return id(kind) in self.ids


ATOMS = Kinds(int, float, complex, bool, str, bytes, type(None))
SIZED = Kinds(list, tuple, dict, set, frozenset, str, bytes, bytearray, range)
MAPPINGS = Kinds(dict, OrderedDict, defaultdict)
ROWS = Kinds(list, set, frozenset, deque)
NESTING = Kinds(list, tuple, dict, set, frozenset, OrderedDict, defaultdict, deque, Counter)
CHANGEABLE = Kinds(list, dict, set, bytearray, deque, defaultdict, OrderedDict, Counter)
KNOWN = Kinds(*ATOMS.kinds, *SIZED.kinds, *NESTING.kinds, object)
NAMES = {kind.__name__ for kind in KNOWN.kinds} | {"None", "ndarray", "DataFrame", "Series"}
FAMILIES = ("numpy", "pandas", "collections", "array")


class Sizes:
    """Numbers thinned evenly: when the list is full, every other one goes and the stride doubles."""

    def __init__(self) -> None:
        self.kept: list[float] = []
        self.stride = 1
        self.seen = 0

    def add(self, value: float) -> None:
        if self.seen % self.stride == 0:
            self.kept.append(value)
            if len(self.kept) >= MAX_SIZES:
                self.kept = self.kept[::2]
                self.stride *= 2
        self.seen += 1


class Look:
    """How closely values may still be looked at. ``sure`` turns false where not all of one was."""

    def __init__(self, units: int = UNITS) -> None:
        self.units = units
        self.sure = True

    def take(self, wanted: int, most: int) -> int:
        """How many of ``wanted`` elements to look at."""
        allowed = max(1, min(wanted, most, self.units))
        self.units -= min(allowed, self.units)
        self.sure = self.sure and allowed == wanted
        return allowed


class Values:
    """What one argument, local or the return value looked like over the calls."""

    def __init__(self) -> None:
        self.kinds: dict[str, int] = {}
        self.sizes = Sizes()
        self.numbers = Sizes()

    def add(self, value: object, look: Look) -> None:
        kind = self.known(describe(value, look))
        if kind in self.kinds or len(self.kinds) < MAX_KINDS:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        size = size_of(value)
        if size is not None:
            self.sizes.add(size)
        elif type(value) is int and abs(value) < 1 << 53:
            self.numbers.add(value)

    def known(self, kind: str) -> str:
        """A value not looked at as a whole counts as one that was, when what was seen agrees."""
        if "~" not in kind:
            return kind
        certain = kind.replace("~", "")
        return next((k for k in self.kinds if k == certain or k.startswith(f"{certain}[")), kind)

    def report(self) -> dict[str, object]:
        return {"kinds": self.kinds, "sizes": self.sizes.kept, "numbers": self.numbers.kept}


def family(kind: type) -> str:
    module = type.__getattribute__(kind, "__module__")
    return module.split(".")[0] if isinstance(module, str) else ""


def name_of(kind: type) -> str:
    """A class that is called like a type everybody knows is named with its module."""
    name = str(type.__getattribute__(kind, "__name__"))
    if name in NAMES and kind not in KNOWN and family(kind) not in ("numpy", "pandas"):
        return f"{type.__getattribute__(kind, '__module__')}.{name}"
    return name


def describe(value: object, look: Look, depth: int = 2) -> str:
    """``list[str]``, ``dict[str, list[int]]``, ``ndarray[float64, 2d]``: the types of all elements.

    Where not every element was looked at, what is said of them has a ``~``: ``list[~int]``.
    """
    kind: Any = type(value)
    if value is None:
        return "None"
    if depth and kind in NESTING and len(value):  # type: ignore[arg-type]
        return contents(value, kind, look, depth)
    if kind is tuple:
        return "tuple" if value else "tuple[()]"
    if family(kind) in ("numpy", "pandas"):
        return table(value, kind, look)
    return name_of(kind)


def contents(value: Any, kind: type, look: Look, depth: int) -> str:
    name = name_of(kind)
    if kind is tuple and len(value) <= 8:
        return f"tuple[{', '.join(union([item], look, depth) for item in value)}]"
    if kind is tuple:
        return f"tuple[{union(value, look, depth)}, ...]"
    if kind in ROWS:
        return f"{name}[{union(value, look, depth)}]"
    if kind is Counter:
        whole = union(dict.values(value), look, depth) == "int"
        return f"Counter[{union(value, look, depth)}]" if whole else name
    if kind in MAPPINGS:
        return f"{name}[{union(dict.keys(value), look, depth)}, {union(dict.values(value), look, depth)}]"
    return name


def union(items: Any, look: Look, depth: int) -> str:
    """``int | str``: the types of elements, those of inner containers with their contents."""
    outer, look.sure = look.sure, True
    allowed = look.take(len(items), WHOLE)
    try:
        some: Iterable[Any] = items if allowed == len(items) else [i for i, _ in zip(items, range(allowed))]  # noqa: B905
        kinds = dict(zip(map(id, map(type, some)), some))  # noqa: B905
        found: dict[str, None] = {}
        for example in kinds.values():
            if type(example) in NESTING:
                found.update(dict.fromkeys(inner(some, type(example), look, depth - 1)))
            else:
                found[describe(example, look, 0)] = None
    except RuntimeError:  # another thread changes it
        return "object"
    finally:
        sure, look.sure = look.sure, outer
    names = sorted(n for n in found if not any(o.startswith(f"{n}[") for o in found))
    text = " | ".join(names) if len(names) <= ALTERNATIVES else "object"
    if sure or text.startswith("~"):
        return text
    return f"~({text})" if len(names) > 1 else f"~{text}"


def inner(items: Any, kind: type, look: Look, depth: int) -> set[str]:
    """What the containers of one type inside another look like."""
    same = [item for item in items if type(item) is kind]
    return (
        {describe(item, look, depth) for item in same[: look.take(len(same), INSIDE)]}
        if depth
        else {name_of(kind)}
    )


def table(value: Any, kind: type, look: Look) -> str:
    """Arrays, series and frames with their element types; subclasses by name only."""
    name, module = name_of(kind), str(type.__getattribute__(kind, "__module__"))
    if (module, name) == ("numpy", "ndarray"):
        return f"ndarray[{value.dtype}, {value.ndim}d]" if value.dtype.names is None else "ndarray"
    if (module, name) in (("pandas", "Series"), ("pandas.core.series", "Series")):
        return f"Series[{value.dtype}]"
    if (module, name) not in (("pandas", "DataFrame"), ("pandas.core.frame", "DataFrame")):
        return name
    if look.units < FRAME_UNITS:
        return f"~{name}"
    look.units -= FRAME_UNITS
    labels = list(value.columns)
    plain = all(type(label) is str for label in labels) and len(set(labels)) == len(labels) <= COLUMNS
    columns = [f"{label!r}: {dtype}" for label, dtype in zip(labels, value.dtypes)] if plain else []  # noqa: B905
    return f"DataFrame[{', '.join(columns)}]" if columns else name


def size_of(value: object) -> int | None:
    if type(value) in SIZED or family(type(value)) in FAMILIES:
        try:
            return len(value)  # type: ignore[arg-type]
        except TypeError:
            return None
    return None


def fingerprint(value: object, depth: int = 4, room: Look | None = None) -> object:
    """Something equal for equal values, hashed without calling the user's code; raises ``TypeError``."""
    kind: Any = type(value)
    room = room or Look(MAX_VALUES)
    if kind is str or kind is bytes:
        if len(value) > 64 * MAX_VALUES:  # type: ignore[arg-type]
            raise TypeError
        return kind, value
    if kind in ATOMS:
        return kind, value
    if kind is dict or kind is tuple or (kind in ROWS and kind is not deque):
        if not depth or len(value) > room.units:  # type: ignore[arg-type]
            raise TypeError
        room.units -= len(value)  # type: ignore[arg-type]
        items: Any = list(value)  # type: ignore[call-overload]
        if kind is dict:
            items += value.values()  # type: ignore[attr-defined]
        types = list(map(id, map(type, items)))
        if not ATOMS.ids.issuperset(types):
            items = [fingerprint(item, depth - 1, room) for item in items]
        if kind is set or kind is frozenset:
            return kind, frozenset(zip(types, items))  # noqa: B905
        return kind, tuple(types), tuple(items)
    if name_of(kind) == "ndarray" and family(kind) == "numpy":
        if value.nbytes > MAX_BYTES or value.dtype.hasobject:  # type: ignore[attr-defined]
            raise TypeError
        return str(value.dtype), value.shape, value.tobytes()  # type: ignore[attr-defined]
    if kind in SIZED or family(kind) in FAMILIES:
        raise TypeError
    return "identity", id(value)  # instances, classes and functions: the same one counts as equal


def state(value: Any, look: Look, depth: int = 1) -> object:
    """Something that all but surely compares unequal after a change of a builtin container or one inside it.

    Of a long list the ends and a few elements in between are looked at, of very long ones the length.
    """
    kind, size = type(value), len(value)
    if size > WHOLE or look.units < size:
        return size
    look.units -= size
    if kind is bytearray:
        return bytes(value)
    if kind is set:
        return frozenset(map(id, value))
    if kind is list or kind is deque:
        step = max(1, size // INSIDE)
        return size, marks(list(value)[::step] + list(value)[-1:], look, depth)
    return list(map(id, dict.keys(value))), marks(list(dict.values(value)), look, depth)


def marks(items: list[Any], look: Look, depth: int) -> list[object]:
    """Addresses of objects, values of what never changes: no object of the user is kept alive by it."""
    types = set(map(id, map(type, items)))
    if ATOMS.ids.issuperset(types):
        return items
    if depth and not CHANGEABLE.ids.isdisjoint(types):
        return [state(item, look, depth - 1) if type(item) in CHANGEABLE else id(item) for item in items]
    return list(map(id, items))
