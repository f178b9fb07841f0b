"""Expressions of builtin calls that a loop repeats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import Stream, assert_equivalent, rewritten
from tests.propose.rules.loops.examples import CASES
from tests.propose.rules.nasty import texts

RULE = "invariant-call"
FIRES = {
    "length in the test of a while": """
def f(xs: list[int], words: list[str], q: str):
    i, total = 0, 0
    while i < len(xs):
        total += xs[i]
        i += 1
    return total
""",
    "length in a comprehension": """
def f(xs: list[int], words: list[str], q: str):
    return [x % len(xs) for x in xs]
""",
    "nested calls": """
def f(xs: list[int], words: list[str], q: str):
    out = []
    for w in words:
        if len(w) in sorted(set(xs)):
            out.append(w)
    return out
""",
    "largest of what a generator yields, with a default": """
def f(xs: list[int], words: list[str], q: str):
    return [w.ljust(max((len(v) for v in words if v != q), default=0)) for w in words]
""",
    "join, f-string and concatenation": """
def f(xs: list[int], words: list[str], q: str):
    out = {}
    for x in xs:
        out[x] = ", ".join(f"<{w}>" for w in words) + q.replace("a", q + "b")
    return out
""",
    "any and all under a condition": """
def f(xs: list[int], words: list[str], q: str):
    n = 0
    for w in words:
        if w and any(x < 0 for x in xs):
            n += 1
        elif not all(x % 2 == 0 for x in xs):
            n -= 1
    else:
        n *= 2
    return n
""",
    "lines looped over within": """
def f(xs: list[int], words: list[str], q: str):
    out = []
    for x in xs:
        for line in q.splitlines():
            out.append((x, line))
    return out
""",
    "keys of a table made here, beside unknown calls": """
def f(xs: list[int], words: list[str], q: str):
    table = {w: [w] for w in words}
    out = []
    for x in xs:
        for key in sorted(table.keys()):
            out.append(key * x)
        for key in list(table):
            out.append([key, len(table)])
    return out
""",
    "pairs": """
def f(xs: list[int], words: list[str], q: str):
    out = []
    for w in words:
        if sum(i * x for i, x in enumerate(xs)) > 3:
            out.append(w)
    return out
""",
    "assigned in the loop": """
def f(xs: list[int], words: list[str], q: str):
    out = []
    for w in words:
        best = min(xs, default=3)
        out.append(w * best)
    return out
""",
    "text without variables": """
def f(xs: list[int], words: list[str], q: str):
    return [x for x in words if x in "a,b,ab".split(",")]
""",
    "as a generator, text only": """
def f(xs: list[int], words: list[str], q: str):
    for w in words:
        yield w == q.replace("a", "b")
""",
    "a method": """
class C:
    def f(self, xs: list[int], words: list[str], q: str):
        return [len(w) for w in words if w in sorted(set(words))]
""",
}


def qualname(source: str) -> str:
    return "C.f" if "class C" in source else "f"


@pytest.mark.parametrize("case", FIRES)
@CASES
@given(xs=st.lists(st.integers(-3, 3), max_size=5), words=st.lists(texts, max_size=4), q=texts)
def test_same_behaviour(case: str, xs: list[int], words: list[str], q: str) -> None:
    first = (0,) if "class C" in FIRES[case] else ()
    assert assert_equivalent(FIRES[case], qualname(FIRES[case]), RULE, [(*first, xs, words, q)])


SILENT = {
    "the list grows": "xs.append(w); out.append(len(xs))",
    "the list is bound anew": "xs = xs[:2]; out.append(sum(x for x in xs))",
    "an alias may grow": "ys = xs; ys.append(len(w)); out.append(any(x for x in xs))",
    "unknown code may change it": "g(w); out.append(any(x for x in xs))",
    "an empty list would raise": "out.append(max(len(v) for v in words))",
    "an index would raise": "out.append(sum(xs[1] for x in xs))",
    "division would raise": "out.append(sum(1 // x for x in xs))",
    "texts and numbers have no order": "out.append(sorted([*xs, *words]))",
    "separator may be empty": "out.append(len(q.split(w)))",
    "separator given by the caller": "out.append(len(q.split(s)))",
    "each turn keeps a list of its own": "out.append(sorted(set(xs)))",
    "each turn keeps a list of its own, by name": "part = sorted(set(xs)); out.append(part)",
    "iterator used up": "out.append(next(iter(sorted(set(xs)))))",
    "encoding may raise": "out.append(len(q.encode()))",
    "an int of many digits has no text": "out.append(', '.join(str(x) for x in xs))",
    "format may raise": "out.append(', '.join(f'{x:d}' for x in words))",
    "variable of the loop": "out.append(w.replace('a', 'b'))",
    "the value is unknown": "out.append(any(x for x in unknown))",
    "rows may change inside": "rows[0].append(1); out.append(sum(len(r) for r in rows))",
    "generator": "out.append(sum(x for x in stream))",
    "walrus inside": "out.append(sum(y := x for x in xs))",
    "quick call beside slow ones": "out.append(g(len(xs)))",
    "changed through a table": "table['a'].append(1); out.append(any(x for x in table))",
    "on the way out": "\n        if w:\n            return len(w) in sorted(set(xs))",
    "on the way out of the loop": "\n        if w:\n            g(any(x for x in [1]))\n            break",
    "shadowed": "out.append(mine(xs))",
    "another name grows by +=": "s.rows += [1]; out.append(any(x for x in xs))",
    "an element grows by +=": "unknown[0] += [1]; out.append(any(x for x in xs))",
    "another name is multiplied": "unknown.rows *= 2; out.append(any(x for x in xs))",
    "another list is written": "ys = unknown; ys[0] = 1; out.append(any(x for x in xs))",
    "a slice is written": "xs[:] = []; out.append(any(x for x in xs))",
    "written by unpacking": "a, xs[0] = 1, 2; out.append(any(x for x in xs))",
    "bound by a walrus": "print(xs := xs[1:]); out.append(any(x for x in xs))",
    "changed by a key function": "out.sort(key=lambda w: xs.append(1)); out.append(any(x for x in xs))",
    "changed by map": "print(list(map(xs.append, [1])), any(x for x in xs))",
    "a table merged elsewhere": "unknown.d |= {w: 1}; out.append(sum(v for v in numbers.values()))",
    "a table written elsewhere": "unknown.d[w] = 1; out.append(sum(v for v in numbers.values()))",
    "a table updated elsewhere": "unknown.d.update(w=1); out.append(sum(v for v in numbers.values()))",
    "deleted": "out.append(any(x for x in xs)); del xs",
}


@pytest.mark.parametrize("case", SILENT)
def test_silent(case: str) -> None:
    source = f"""
def f(xs: list[int], words: list[str], q: str, s: str, rows: list[list[int]], unknown, stream: Iterable[int],
      table: dict, numbers: dict[str, int]):
    out = []
    for w in words:
        {SILENT[case]}
    return out
"""
    assert rewritten(source, "f", RULE) is None


OTHERS = {
    "shadowed builtin": """
def any(xs): return g()
def f(xs: list[int], ys: list[int]):
    return [y for y in ys if any(x < 0 for x in xs)]
""",
    "lazy generator": """
def f(xs: list[int], ys: list[int]):
    return (y for y in ys if any(x < 0 for x in xs))
""",
    "the caller changes the list between two turns": """
def f(xs: list[int], ys: list[int]):
    for y in ys:
        yield any(x < y for x in xs) and any(x < 0 for x in xs)
""",
    "another task may change it": """
async def f(xs: list[int], ys: list[int]):
    for y in ys:
        await g()
        if any(x < 0 for x in xs):
            return y
""",
    "a nested function may rebind it": """
def f(xs: list[int], ys: list[int]):
    def g():
        nonlocal xs
        xs = []
    return [y for y in ys if any(x < 0 for x in xs)]
""",
    "the iterator that drives the loop may be anybody's": """
def f(xs: list[int], ys):
    return [y for y in ys if any(x < 0 for x in xs)]
""",
    "a context manager may do anything": """
def f(xs: list[int], ys: list[int], lock):
    out = []
    for y in ys:
        with lock:
            out.append(any(x < 0 for x in xs))
    return out
""",
    "bound in the loop only": """
def f(ys: list[int]):
    for y in ys:
        if y:
            zs = [y]
        if any(z < 0 for z in zs):
            return y
""",
    "an elif has no room before it": """
def f(xs: list[int], ys: list[int]):
    if ys:
        return 1
    elif [y for y in ys if any(x < 0 for x in xs)]:
        return 2
""",
    "the loop writes into the list": """
def f(xs: list[int], ys: list[int]):
    for xs[0] in ys:
        print(any(x > 1 for x in xs))
""",
    "bound by an import, a handler, a pattern": """
def f(xs: list[int], ys: list[int]):
    for y in ys:
        match y:
            case xs:
                pass
        print(any(x > 1 for x in xs))
""",
    "a bound method changes it": """
def f(ys: list[int]):
    xs = [1]
    grow = xs.append
    for y in ys:
        grow(y)
        print(any(x > 1 for x in xs))
""",
    "a table inside a list": """
def f(ys: list[int]):
    d = {}
    tables = [d]
    for y in ys:
        tables[0][y] = 1
        print(any(k > 1 for k in d))
""",
    "no loop": """
def f(xs: list[int]):
    return any(x < 0 for x in sorted(set(xs)))
""",
}


@pytest.mark.parametrize("case", OTHERS)
def test_silent_around(case: str) -> None:
    assert rewritten(OTHERS[case], "f", RULE) is None


def test_tables_changed_elsewhere_keep_the_rule_away() -> None:
    source = """
def f(d: dict[str, int], e: dict[str, int], words: list[str]):
    out = []
    for w in words:
        e.pop(w, None)
        out.append(len(w) in sorted(d.values()))
    return out
"""
    assert rewritten(source, "f", RULE) is None
    assert rewritten(source.replace("e.pop(w, None)", "e.get(w)"), "f", RULE) is not None
    assert rewritten(source.replace("e.pop", "dict(e).pop").replace("e: dict", "e: list"), "f", RULE) is None


def test_generator_of_the_caller_is_not_read_early() -> None:
    source = (
        "def f(xs: Iterable[int], ys: list[int]):\n    return [y for y in ys if any(x > y for x in xs)]\n"
    )
    assert not assert_equivalent(source, "f", RULE, [(Stream((1, 2)), [0, 1])])


def test_name_already_taken() -> None:
    source = """
def f(xs: list[int], xs_len: int):
    i = 0
    while i < len(xs):
        i += xs_len
    return i
"""
    after = rewritten(source, "f", RULE)
    assert after is not None
    assert "xs_len2 = len(xs)" in after
