"""How the tests of one folder check a rule: where it fires, both versions agree; elsewhere it is silent."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.nasty import Stream, examples, subclassed


def streams(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Generators to be read once."""
    return st.builds(Stream, st.lists(elements, max_size=5).map(tuple))


def iterables(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists, tuples, generators and subclasses of list."""
    return st.one_of(st.lists(elements, max_size=5).map(tuple), streams(elements), subclassed(elements))


@dataclass(frozen=True)
class Case:
    """A file whose last function ``f`` the rule rewrites; ``new`` is text that the rewrite contains."""

    rule: str
    new: str
    source: str
    arguments: tuple[st.SearchStrategy[Any], ...]


def case(rule: str, new: str, source: str, *arguments: st.SearchStrategy[Any]) -> Case:
    return Case(rule, new, textwrap.dedent(source), arguments)


def name(value: object) -> str:
    """What pytest calls a case."""
    return f"{value.rule}: {value.new}" if isinstance(value, Case) else str(value)


def check(subject: Case) -> None:
    """The rule fires, writes what it should, and no generated call tells the versions apart."""
    after = rewritten(subject.source, "f", subject.rule)
    assert after is not None
    assert subject.new in after, after

    @examples(15)
    @given(st.lists(st.tuples(*subject.arguments), min_size=4, max_size=4))
    def same(calls: list[tuple[Any, ...]]) -> None:
        assert assert_equivalent(subject.source, "f", subject.rule, calls)

    same()


def check_silent(rule: str, source: str) -> None:
    source = textwrap.dedent(source)
    compile(source, "m.py", "exec")
    after = rewritten(source, "f", rule)
    assert after is None, after
