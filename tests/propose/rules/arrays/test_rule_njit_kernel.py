"""numba for numeric loops: on the user's word, where the file uses numba."""

from __future__ import annotations

import numpy as np
import pytest

from hasten.agent.propose.rules.registry import RULES
from tests.propose.rules.arrays.vectors import seen
from tests.propose.rules.equivalence import assert_equivalent, rewritten

RULE = "njit-kernel"
HEAD = "import math\n\nimport numba\nimport numpy as np\n\nLIMIT = 2.5\n\n\n"
BODY = """
def f(a, n: int, c: float):
    out = np.zeros(len(a))
    hits = 0
    for i in range(len(a)):
        x = a[i] * c
        while x > LIMIT and hits < n:
            x = math.sqrt(x) / 2
            hits += 1
        out[i] = max(x, 0.0) if i % 2 else -x
    return out, hits
"""
FACTS = seen(a="float64")


@pytest.mark.e2e
def test_same_results() -> None:
    calls = [
        (np.array(values, dtype=np.float64), n, c)
        for values in ([], [1.0, 30.5, -2.0], [1e300, 0.0, -0.0, 7.25])
        for n, c in ((3, 1.5), (0, -1.0))
    ]
    assert assert_equivalent(HEAD + BODY, "f", RULE, calls, FACTS)


@pytest.mark.e2e
def test_positions_are_still_checked() -> None:
    source = HEAD + "def f(a, n: int):\n    for i in range(n):\n        a[i] += 1.0\n    return n\n"
    assert assert_equivalent(source, "f", RULE, [(np.zeros(2), 3), (np.zeros(2), 2)], FACTS)


def test_written_as_the_file_writes_it() -> None:
    assert RULES[RULE].tier == "opt-in"
    after = rewritten(HEAD + BODY, "f", RULE, FACTS)
    assert after is not None and "\n@numba.njit(boundscheck=True)\ndef f(" in after
    after = rewritten(HEAD.replace("import numba", "from numba import njit as jit") + BODY, "f", RULE, FACTS)
    assert after is not None and "\n@jit(boundscheck=True)\ndef f(" in after


TRAPS = {
    "no numba": (HEAD.replace("import numba\n", ""), BODY),
    "numba comes later": (HEAD.replace("import numba\n", ""), BODY + "\n\nimport numba\n"),
    "decorated": (HEAD, BODY.replace("def f", "@print\ndef f")),
    "unknown parameter": (HEAD, BODY.replace("n: int", "n")),
    "list": (HEAD, BODY.replace("out = np.zeros(len(a))", "out = []")),
    "text": (HEAD, BODY.replace("hits = 0", "hits = 'x'")),
    "unknown call": (HEAD, BODY.replace("math.sqrt(x)", "g(x)")),
    "keywords": (HEAD, BODY.replace("math.sqrt(x)", "np.sqrt(x, out=out)")),
    "method": (HEAD, BODY.replace("math.sqrt(x)", "a.sum()")),
    "try": (
        HEAD,
        BODY.replace("    hits = 0", "    try:\n        hits = 0\n    except KeyError:\n        pass"),
    ),
    "print": (HEAD, BODY.replace("    hits = 0", "    hits = 0\n    print(hits)")),
    "raise": (HEAD, BODY.replace("    hits = 0", "    hits = 0\n    raise ValueError")),
    "changing global": (HEAD + "LIMIT = [1]\n", BODY),
    "global container": (HEAD.replace("2.5", "[2.5]"), BODY),
    "generator": (HEAD, BODY.replace("hits += 1", "yield hits")),
    "comprehension": (HEAD, BODY.replace("hits = 0", "hits = [0 for _ in a]")),
    "closure": (HEAD, BODY.replace("return out, hits", "return lambda: hits")),
    "no loop": (HEAD, "def f(a, n: int, c: float):\n    return a[n] * c\n"),
    "else": (HEAD, BODY.replace("    return out", "    else:\n        hits = 3\n    return out")),
    "star": (HEAD, BODY.replace("c: float", "*c: float")),
    "matrices": (HEAD, BODY.replace("a[i] * c", "a @ a")),
    "membership": (HEAD, BODY.replace("i % 2", "i in a")),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_silent(trap: str) -> None:
    head, body = TRAPS[trap]
    assert rewritten(head + body, "f", RULE, FACTS) is None
