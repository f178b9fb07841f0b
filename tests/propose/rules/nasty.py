"""Values that rewrites stumble over, and hypothesis strategies that deal them out.

Deep copies of the markers ``Make`` and ``Stream`` are the values they stand for; see ``assert_equivalent``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

_EVENTS: list[tuple[object, ...]] = []
_SHARE = settings().max_examples / settings.get_profile("thorough").max_examples


def examples(number: int) -> settings:
    """How a property of a rule is tested: so often by the profile ``thorough``, by others less."""
    count = max(5, round(number * _SHARE))
    return settings(max_examples=count, deadline=None, derandomize=True, database=None)


PROPERTY = examples(60)
"""The settings of most property tests of rules."""


def events() -> list[tuple[object, ...]]:
    """What traced values and streams have reported since the call began."""
    return _EVENTS


@dataclass(frozen=True)
class Make:
    """Replaced on each side by ``build(namespace of that side's module)``."""

    build: Callable[[dict[str, Any]], object]

    def __deepcopy__(self, memo: dict[Any, Any]) -> object:
        return self.build(memo["space"])


@dataclass(frozen=True)
class Stream:
    """Replaced on each side by a generator over ``values`` that reports every step."""

    values: tuple[Any, ...]
    error: type[Exception] | None = None
    """Raised after the last value."""

    def __deepcopy__(self, memo: dict[Any, Any]) -> Iterator[Any]:
        return _stream(copy.deepcopy(self.values, memo), self.error)


def _stream(values: tuple[Any, ...], error: type[Exception] | None) -> Iterator[Any]:
    for position, value in enumerate(values):
        _EVENTS.append(("stream", position))
        yield value
    _EVENTS.append(("stream", "end"))
    if error is not None:
        raise error


class Tracer:
    """Compares and hashes as ``value`` does, and reports every time it is asked anything."""

    def __init__(self, label: str, value: Any = 0) -> None:
        self.__dict__.update(label=label, value=value)

    def __deepcopy__(self, memo: dict[Any, Any]) -> Tracer:
        return Tracer(self.label, copy.deepcopy(self.value, memo))

    def _tell(self, what: str, *more: object) -> None:
        _EVENTS.append((what, self.__dict__["label"], *more))

    def __eq__(self, other: object) -> Any:
        self._tell("eq", getattr(type(other), "__name__", ""))
        return self.value == (other.__dict__["value"] if isinstance(other, Tracer) else other)

    def __hash__(self) -> int:
        self._tell("hash")
        return hash(self.value)

    def __lt__(self, other: Any) -> Any:
        self._tell("lt")
        return self.value < (other.__dict__["value"] if isinstance(other, Tracer) else other)

    def __bool__(self) -> bool:
        self._tell("bool")
        return bool(self.value)

    def __len__(self) -> int:
        self._tell("len")
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        self._tell("iter")
        return iter(self.value)

    def __getitem__(self, key: Any) -> Any:
        self._tell("getitem", repr(key))
        return self.value[key]

    def __contains__(self, item: Any) -> bool:
        self._tell("contains")
        return item in self.value

    def __add__(self, other: Any) -> Any:
        self._tell("add")
        return self.value + other

    def __radd__(self, other: Any) -> Any:
        self._tell("radd")
        return other + self.value

    def __str__(self) -> str:
        self._tell("str")
        return str(self.value)

    def __repr__(self) -> str:
        return f"Tracer({self.__dict__['label']!r}, {self.__dict__['value']!r})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._tell("getattr", name)
        return getattr(self.value, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._tell("setattr", name)
        self.__dict__[name] = value

    def __call__(self, *arguments: Any) -> Any:
        self._tell("call", len(arguments))
        return self.value(*arguments) if callable(self.value) else self.value


class Liar:
    """Equal to everything, hash of its own."""

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return self.number

    def __repr__(self) -> str:
        return f"Liar({self.number})"


class Loner(Liar):
    """Equal to nothing, itself included."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = Liar.__hash__


class Unhashable(Liar):
    """Equal by number; raises when hashed."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unhashable) and self.number == other.number

    __hash__ = None  # type: ignore[assignment]


class Grump(Liar):
    """Raises when compared."""

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    __hash__ = Liar.__hash__


class MyList(list[Any]):
    """Behaves unlike a list wherever that is possible."""

    def __contains__(self, item: object) -> bool:
        return not super().__contains__(item)

    def __iter__(self) -> Iterator[Any]:
        return iter([*super().__iter__(), "extra"])

    def __len__(self) -> int:
        return super().__len__() + 1

    def __add__(self, other: Any) -> Any:
        return MyList([*super().__iter__(), "sum", *other])

    def append(self, item: Any) -> None:
        super().append(item)
        super().append(item)

    def pop(self, *index: Any) -> Any:
        _EVENTS.append(("pop", *index))
        return super().pop(*index)

    def copy(self) -> Any:
        return MyList(["copied"])

    def count(self, item: Any) -> int:
        return -1

    def index(self, *item: Any) -> int:
        return -1


class MyDict(dict[Any, Any]):
    """A dict that has every key."""

    def __missing__(self, key: object) -> object:
        return ("missing", key)

    def __contains__(self, key: object) -> bool:
        return True

    def get(self, key: object, default: object = None) -> object:
        return ("got", key)

    def copy(self) -> Any:
        return MyDict(copied=True)


class MyStr(str):
    """Text whose sums and methods are its own."""

    def __add__(self, other: str) -> str:
        return MyStr(f"<{self!s}|{other}>")

    def __radd__(self, other: str) -> str:
        return MyStr(f"[{other}|{self!s}]")

    def lower(self) -> str:
        return "lowered"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and str(self) != str(other)

    def __hash__(self) -> int:
        return 7


class MyInt(int):
    """A number with a hash of its own."""

    def __hash__(self) -> int:
        return 3

    def __add__(self, other: Any) -> Any:
        return MyInt(int(self) + int(other) + 100)


ints = st.integers(-4, 4)
bools = st.booleans()
floats = st.sampled_from([0.0, -0.0, 1.0, 2.0, -1.5, float("nan"), float("inf"), float("-inf"), 1e308])
texts = st.sampled_from(["", "a", "b", "A", "ab", "a b", " a\n", "1", "é", "ß", "İ"])
blobs = st.sampled_from([b"", b"a", b"ab"])
numbers = st.one_of(ints, bools, floats, st.sampled_from([1j, 2**70]))
atoms = st.one_of(numbers, texts, blobs, st.none())
tuples = st.recursive(
    atoms, lambda inner: st.tuples(inner, inner) | st.tuples(inner) | st.just(()), max_leaves=4
)
hashables = st.one_of(atoms, tuples, st.frozensets(ints, max_size=3))
unhashables = st.one_of(
    st.lists(ints, max_size=2),
    st.dictionaries(texts, ints, max_size=2),
    st.sets(ints, max_size=2),
    st.tuples(st.lists(ints, max_size=1)),
    st.builds(Unhashable, ints),
    st.builds(bytearray, blobs),
)
odd = st.one_of(
    st.builds(Liar, ints),
    st.builds(Loner, ints),
    st.builds(Grump, ints),
    st.builds(MyInt, ints),
    st.builds(MyStr, texts),
)
traced = st.builds(Tracer, st.sampled_from("pqr"), ints)
anything = st.one_of(hashables, unhashables, odd, traced)


def subclassed(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists, and subclasses of list that behave otherwise."""
    plain = st.lists(elements, max_size=5)
    return st.one_of(plain, st.builds(MyList, plain))


def streams(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Stream]:
    """Generators to be read once, some of which break at the end."""
    return st.builds(
        Stream, st.lists(elements, max_size=5).map(tuple), st.sampled_from([None, None, ValueError])
    )


def iterables(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists, tuples, dicts, sets, generators and subclasses of list."""
    plain = st.lists(elements, max_size=5)
    return st.one_of(plain, plain.map(tuple), streams(elements), subclassed(elements))
