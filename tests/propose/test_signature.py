from __future__ import annotations

import pytest

from hasten.agent.propose.edits import signature_changes

OLD = "def f(a, /, b, c=1, *d, e, g=None, **h):\n    return a\n"


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("def f(a: int, /, b, c=1, *d, e, g=None, **h) -> int:\n    '''Doc.'''\n    return 1\n", None),
        (OLD.replace("return a", "def inner(): yield 1\n    return lambda: (yield)"), None),
        ("def f(a, b, /, c=1, *d, e, g=None, **h): ...\n", "parameters changed"),
        ("def f(a, /, x, c=1, *d, e, g=None, **h): ...\n", "parameters changed"),
        ("def f(a, /, b, c=1, *d, e, g=None, _cache={}, **h): ...\n", "parameters changed"),
        ("def f(a, /, b, c, *d, e, g=None, **h): ...\n", "default of `c`"),
        ("def f(a, /, b, c=1, *d, e, g=(), **h): ...\n", "default of `g`"),
        ("async def f(a, /, b, c=1, *d, e, g=None, **h): ...\n", "became async"),
        ("def f(a, /, b, c=1, *d, e, g=None, **h):\n    yield 1\n", "became a generator"),
        ("@property\n" + OLD, "decorators changed"),
        ("class f: ...\n", "class"),
        ("def g(): ...\n", "removed"),
        (OLD + OLD, "more often"),
        ("def f(:\n", "compared"),
    ],
)
def test_what_callers_would_notice(new: str, said: str | None) -> None:
    change = signature_changes(OLD, new, "f")
    assert change is None if said is None else change and said in change


@pytest.mark.parametrize("cache", ["functools.cache", "functools.lru_cache(maxsize=None)", "lru_cache"])
def test_caches_may_be_added_where_allowed(cache: str) -> None:
    old = "@a\ndef f(x): ...\n"
    assert "decorators" in (signature_changes(old, f"@{cache}\n{old}", "f") or "")
    assert signature_changes(old, f"@{cache}\n{old}", "f", allow_decorators=True) is None
    assert signature_changes(f"@{cache}\n{old}", old, "f", allow_decorators=True)
    assert signature_changes(old, f"@other.cache\n{old}", "f", allow_decorators=True)


CLASS = """\
class C(B):
    x = 1
    def f(self, a): ...
    @property
    def p(self): ...
    @p.setter
    def p(self, v): ...
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("x = 1", "x = 2", None),
        ("    def f(self, a): ...", "    def _n(self): ...\n    def f(self, a): return 1", None),
        ("(B)", "(A)", "bases"),
        ("def f", "def g", "`f` was removed"),
        ("self, a", "self", "in `f`, its parameters"),
        ("self, v", "self", "in `p`, its parameters"),
        ("    @p.setter\n    def p(self, v): ...\n", "", "defined 1 times instead of 2"),
        ("class", "@final\nclass", "decorators"),
    ],
)
def test_classes_keep_their_bases_and_methods(old: str, new: str, said: str | None) -> None:
    change = signature_changes(CLASS, CLASS.replace(old, new), "C")
    assert change is None if said is None else change and said in change
    assert (signature_changes(CLASS, CLASS.replace(old, new), "C.f") is None) == (
        said is None or "f`" not in said
    )
