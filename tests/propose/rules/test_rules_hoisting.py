"""A repeated value moves in front of its loop without leaving a second name for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hasten.agent.propose.rules.base import Rewrite

HEAD = "def f(xs: list[int]) -> list[int]:\n    out = []\n    for x in xs:\n"
MOVED = "def f(xs: list[int]) -> list[int]:\n    out = []\n    total = sum(xs)\n    for x in xs:\n"


def test_an_assignment_moves_as_it_is(
    proposed: Callable[..., list[Rewrite]], same_behaviour: Callable[..., None]
) -> None:
    source = f"{HEAD}        total = sum(xs)\n        out.append(x + total - sum(xs))\n    return out\n"
    (found,) = proposed(source, "loop-invariant")
    assert found.edit.new == f"{MOVED}        out.append(x + total - total)\n    return out\n"
    same_behaviour(source, found.edit, ([],), ([1, 2],), ([2.5],), ([True, 3],))


def test_its_comments_come_along(
    proposed: Callable[..., list[Rewrite]], same_behaviour: Callable[..., None]
) -> None:
    source = (
        "def f(xs: list[int]) -> list[int]:\n    out = []\n\n    # each of them\n    for x in xs:\n"
        "        # all\n        # of them\n        total = sum(xs)  # at once\n"
        "        out.append(x + total)\n    return out\n"
    )
    (found,) = proposed(source, "loop-invariant")
    assert found.edit.new == (
        "def f(xs: list[int]) -> list[int]:\n    out = []\n\n    # all\n    # of them\n"
        "    total = sum(xs)  # at once\n    # each of them\n    for x in xs:\n"
        "        out.append(x + total)\n    return out\n"
    )
    same_behaviour(source, found.edit, ([],), ([1, 2],))


@pytest.mark.parametrize(
    "body",
    [
        "        total = sum(xs)\n        out.append(x + total)\n        total = 0\n    return out\n",
        "        if x:\n            total = sum(xs)\n        out.append(x + total)\n    return out\n",
        "        total = sum(xs)\n        out.append(x + total)\n    return [total]\n",
        "        if x:\n            total = sum(xs)\n    return out\n",
    ],
    ids=["bound-again", "read-elsewhere", "read-after", "only-statement"],
)
def test_an_assignment_that_means_more_stays(
    body: str, proposed: Callable[..., list[Rewrite]], same_behaviour: Callable[..., Any]
) -> None:
    (found,) = proposed(HEAD + body, "loop-invariant")
    assert "    xs_sum = sum(xs)\n    for x in xs:\n" in found.edit.new
    assert "total = xs_sum" in found.edit.new
    same_behaviour(HEAD + body, found.edit, ([],), ([0],), ([0, 1],), ([1, 2],))


def test_a_local_pattern_leaves_no_second_name(proposed: Callable[..., list[Rewrite]]) -> None:
    source = """\
    import re

    def f(text: str) -> list[str]:
        pattern = re.compile("a+b")
        return [found for found in pattern.findall(text) if pattern.match(found)]
    """
    (found,) = proposed(source, "regex-hoist")
    assert found.edit.helpers == ('_F_RE = re.compile("a+b")',)
    assert found.edit.new == (
        "def f(text: str) -> list[str]:\n"
        "    return [found for found in _F_RE.findall(text) if _F_RE.match(found)]\n"
    )


@pytest.mark.parametrize(
    "body",
    [
        'if text:\n        pattern = re.compile("a+b")\n    else:\n        pattern = re.compile("b+a")\n'
        "    return pattern.match(text)",
        'pattern = re.compile("a+b")\n    return lambda: pattern.match(text)',
        '# why\n    pattern = re.compile("a+b")\n    return pattern.match(text)',
    ],
    ids=["bound-twice", "captured", "comment"],
)
def test_a_local_pattern_that_means_more_keeps_its_name(
    body: str, proposed: Callable[..., list[Rewrite]]
) -> None:
    (found,) = proposed(f"import re\n\n\ndef f(text: str):\n    {body}\n", "regex-hoist")
    assert "pattern = _F_RE" in found.edit.new
