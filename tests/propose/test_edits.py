from __future__ import annotations

import pytest

from hasten.agent.propose.edits import EditRefused, apply_edits
from hasten.agent.types import Edit

MODULE = '''\
#!/usr/bin/env python3
"""Orders."""

from __future__ import annotations

import os
import sys  # kept

LIMIT = 3


# How many.
@staticmethod
def count(xs):  # odd
    return len(xs)  # trailing
    # tail


class Index:
    """An index."""

    def add(self, x):
        """Add.

        Twice.
        """
        self.text = """
col 0
    col 4
"""
        return x

    @property
    def size(self):
        return 1

    @size.setter
    def size(self, value):
        self.n = value


if LIMIT:
    def late():
        return 1
'''


def apply(source: str, *edits: Edit) -> str:
    return apply_edits({"m.py": source}.get, edits)["m.py"]


def definition(qualname: str, new: str, **more: tuple[str, ...]) -> Edit:
    return Edit(path="m.py", qualname=qualname, new=new, **more)  # type: ignore[arg-type]


def test_only_the_lines_of_the_definition_change() -> None:
    after = apply(
        MODULE, definition("count", "@staticmethod\ndef count(xs):\n    return sum(1 for _ in xs)\n")
    )
    assert after == MODULE.replace(
        "def count(xs):  # odd\n    return len(xs)  # trailing\n",
        "def count(xs):\n    return sum(1 for _ in xs)\n",
    )


@pytest.mark.parametrize("indent", ["", "    ", "  ", "\t", "            "])
def test_a_method_arrives_at_any_uniform_indentation(indent: str) -> None:
    new = "".join(f"{indent}{line}\n" for line in ("def add(self, x):", "    y = x", "    return y"))
    after = apply(MODULE, definition("Index.add", new))
    assert "    def add(self, x):\n        y = x\n        return y\n\n    @property\n" in after


@pytest.mark.parametrize(
    "new",
    [
        "def add(self, x):\n        return 2",
        "@profile\n    def add(self, x):\n        return 2",
    ],
)
def test_a_method_whose_first_line_was_stripped_keeps_its_shape(new: str) -> None:
    assert f"    {new}\n\n    @property\n" in apply(MODULE, definition("Index.add", new))


def test_contents_of_strings_do_not_move_with_the_code() -> None:
    head = 'def add(self, x):\n    """Add.\n\n    More.\n    """\n'
    new = head + '    self.text = """\ncol 0\n    col 4\n"""\n    return 2'
    after = apply(MODULE, definition("Index.add", new))
    assert after == MODULE.replace("Twice", "More").replace("return x\n", "return 2\n")


def test_a_string_dedented_together_with_the_code_comes_back_as_it_was() -> None:
    source = 'class C:\n    def f(self):\n        x = """\n        SELECT 1\n        """\n        return x\n'
    new = 'def f(self):\n    x = """\n    SELECT 1\n    """\n    return str(x)\n'
    assert apply(source, definition("C.f", new)) == source.replace("return x", "return str(x)")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_of_the_file_are_kept(newline: str) -> None:
    source = "def f():\n    return 1\n\n\ndef g():\n    return 2".replace("\n", newline)
    after = apply(source, definition("g", "def g():\n    x = 2\n    return x\n", imports=("import os",)))
    assert after == (
        "import os\n\n\ndef f():\n    return 1\n\n\ndef g():\n    x = 2\n    return x".replace("\n", newline)
    )


def test_byte_order_mark_and_missing_last_newline_are_kept() -> None:
    assert (
        apply("\ufeffdef f():\n    return 1", definition("f", "def f(): return 2"))
        == "\ufeffdef f(): return 2"
    )


def test_characters_a_declared_encoding_may_lack_are_refused() -> None:
    source = "# -*- coding: latin-1 -*-\ndef f():\n    return 'é'\n"
    assert apply(source, definition("f", "def f():\n    return 'éé'")) == source.replace("é", "éé")
    with pytest.raises(EditRefused, match="latin-1; write new code there in ASCII, not with '→'"):
        apply(source, definition("f", "def f(): return '→'"))


def test_tabs_are_kept_when_the_answer_has_spaces() -> None:
    source = "class C:\n\tdef f(self):\n\t\tif self:\n\t\t\treturn 1\n\t\treturn 2\n"
    new = "def f(self):\n    if not self:\n        return 1\n    return 3\n"
    assert apply(source, definition("C.f", new)) == (
        "class C:\n\tdef f(self):\n\t\tif not self:\n\t\t\treturn 1\n\t\treturn 3\n"
    )


def test_comments_above_stay_and_are_not_doubled_by_an_echo() -> None:
    new = "# How many.\n@staticmethod\ndef count(xs):\n    return 0\n    # tail\n"
    after = apply(MODULE, definition("count", new))
    assert after.count("# How many.") == 1
    assert after.count("# tail") == 1
    assert "# New.\n@static" in apply(MODULE, definition("count", new.replace("How many", "New")))


def test_imports_are_sorted_in_and_not_repeated() -> None:
    imports = (
        "import os\nfrom collections import Counter, deque",
        "import heapq",
        "from collections import deque",
    )
    after = apply(MODULE, definition("count", "def count(xs):\n    return 1", imports=imports))
    assert (
        "import heapq\nimport os\nimport sys  # kept\nfrom collections import Counter, deque\n\nLIMIT"
        in after
    )
    assert after.count("import os") == 1


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('"""Doc."""\n\nX = 1\n', '"""Doc."""\n\nimport re\n\nX = 1\n'),
        (
            "from __future__ import annotations\n\nX = 1\n",
            "from __future__ import annotations\n\nimport re\n\nX = 1\n",
        ),
        (
            "#!/usr/bin/python\n# coding: utf-8\nX = 1\n",
            "#!/usr/bin/python\n# coding: utf-8\nimport re\n\nX = 1\n",
        ),
        ("# About f.\n", "import re\n\n\n# About f.\n"),
        ("import os; x = [\n    1,\n]\n", "import os; x = [\n    1,\n]\nimport re\n"),
        ("import os\nX = 1\n", "import os\nimport re\nX = 1\n"),
        ("import numpy\n\nX = 1\n", "import re\n\nimport numpy\n\nX = 1\n"),
        ("import os\n\nimport numpy\n", "import os\nimport re\n\nimport numpy\n"),
        ("from . import x\n", "import re\n\nfrom . import x\n"),
        ("try:\n    import re\nexcept ImportError:\n    re = None\n", None),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import re\n",
            "import re\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import re\n",
        ),
        ("import os.path\nimport re\n", None),
    ],
)
def test_where_imports_go(head: str, expected: str | None) -> None:
    source = f"{head}def f():\n    return 1\n"
    after = apply(source, definition("f", "def f():\n    return 1\n", imports=("import re",)))
    assert after == (source if expected is None else f"{expected}def f():\n    return 1\n")


@pytest.mark.parametrize(
    "statement",
    [
        "from json import load as LIMIT",
        "from os import *",
        "from __future__ import division",
        "from x import sum",
        "x = 1",
        "imp ort",
    ],
)
def test_imports_that_would_change_other_code_are_refused(statement: str) -> None:
    with pytest.raises(EditRefused):
        apply(MODULE, definition("count", "def count(xs):\n    return 1", imports=(statement,)))


def test_helpers_stand_before_the_statement_that_holds_the_edit() -> None:
    after = apply(
        MODULE,
        definition(
            "count",
            "@staticmethod\ndef count(xs):\n    return _n(xs)",
            helpers=("def _n(xs):\n    return 1",),
        ),
        definition(
            "Index.add",
            "def add(self, x):\n    return _A",
            helpers=("_A = 1\n_B = 2\n\ndef _m():\n    return 3\n",),
        ),
        definition("late", "def late():\n    return _C", helpers=("# Why.\n_C = 4",)),
    )
    assert "LIMIT = 3\n\n\ndef _n(xs):\n    return 1\n\n\n# How many.\n@staticmethod\ndef count" in after
    assert "    # tail\n\n\n_A = 1\n_B = 2\n\n\ndef _m():\n    return 3\n\n\nclass Index:" in after
    assert "\n\n\n# Why.\n_C = 4\n\n\nif LIMIT:\n    def late():\n        return _C\n" in after


def test_the_same_helper_from_two_edits_arrives_once() -> None:
    helper = ("def _h():\n    return 1",)
    after = apply(
        MODULE,
        definition("late", "def late():\n    return _h()", helpers=helper),
        definition("count", "def count(xs):\n    return _h()", helpers=helper),
    )
    assert after.count("def _h") == 1
    assert after.index("def _h") < after.index("def count")


@pytest.mark.parametrize(
    "helper", ["LIMIT = 4", "def count(): ...", "sys = 1", "def sum(): ...", "print(1)", "import re", "def"]
)
def test_helpers_that_take_a_name_or_do_something_are_refused(helper: str) -> None:
    with pytest.raises(EditRefused):
        apply(MODULE, definition("late", "def late():\n    return 2", helpers=(helper,)))


def test_edits_of_one_file_compose_in_any_order() -> None:
    edits = [
        definition("count", "def count(xs):\n    '''longer\n\n    now'''\n    return 9"),
        definition("late", "def late(): return 8"),
        Edit(path="m.py", kind="replace", old="LIMIT = 3", new="LIMIT = 4"),
    ]
    assert apply(MODULE, *edits) == apply(MODULE, *reversed(edits))
    assert "\n    def late(): return 8\n" in apply(MODULE, *edits)


def test_a_definition_given_twice_is_told_by_its_decorators() -> None:
    after = apply(
        MODULE, definition("Index.size", "@size.setter\ndef size(self, value):\n    self.m = value")
    )
    assert after == MODULE.replace("self.n = value", "self.m = value")
    with pytest.raises(EditRefused, match=r"more than once \(lines 33, 37\)"):
        apply(MODULE, definition("Index.size", "def size(self, value):\n    self.m = value"))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (definition("nope", "def nope(): ..."), "no definition `nope`"),
        (definition("count", ""), "is empty"),
        (definition("count", "# only words"), "is empty"),
        (definition("count", "def counter(xs): ..."), "defines `counter`"),
        (definition("count", "import os\ndef count(xs): ..."), "exactly one definition"),
        (definition("count", "def count(xs:\n    return"), r"does not parse: .*line 1"),
        (definition("count", "def count(xs):\n    return\n    yield = 2"), "line 3"),
        (definition("count", "def count(xs):\n    continue"), "does not compile"),
        (Edit(path="other.py", qualname="f", new="def f(): ..."), "no file other.py"),
        (Edit(path="../m.py", qualname="f", new="def f(): ..."), "not a path inside"),
        (Edit(path="/m.py", qualname="f", new="def f(): ..."), "not a path inside"),
    ],
)
def test_refusals_say_what_is_wrong(edit: Edit, reason: str) -> None:
    with pytest.raises(EditRefused, match=reason):
        apply(MODULE, edit)


def test_a_class_and_its_method_cannot_both_be_replaced() -> None:
    with pytest.raises(EditRefused, match=r"overlap.*`Index` and `Index.add`"):
        apply(
            MODULE,
            definition("Index.add", "def add(self, x): return 1"),
            definition("Index", "class Index: ..."),
        )


def test_all_or_nothing_over_files() -> None:
    files = {"a.py": "def f(): return 1\n", "b.py": "def g(): return 1\n"}
    good = Edit(path="a.py", qualname="f", new="def f(): return 2")
    with pytest.raises(EditRefused):
        apply_edits(files.get, [good, Edit(path="b.py", qualname="x", new="def x(): ...")])
    both = apply_edits(files.get, [good, Edit(path="./b.py", qualname="g", new="def g(): return 3")])
    assert both == {"a.py": "def f(): return 2\n", "b.py": "def g(): return 3\n"}


def test_a_file_that_is_not_python_takes_only_replacements() -> None:
    read = {"kernel.c": "int f(void) {\n  return 1;\n}\n"}.get
    edit = Edit(path="kernel.c", kind="replace", old="return 1;", new="return 2;")
    assert apply_edits(read, [edit]) == {"kernel.c": "int f(void) {\n  return 2;\n}\n"}
    with pytest.raises(EditRefused, match="not Python"):
        apply_edits(read, [Edit(path="kernel.c", qualname="f", new="def f(): ...")])


def test_a_decorator_on_its_own_lines_belongs_to_the_definition() -> None:
    source = "@(\n    staticmethod\n)\ndef f():\n    return 1\n"
    assert apply(source, definition("f", "@staticmethod\ndef f():\n    return 2\n")) == (
        "@staticmethod\ndef f():\n    return 2\n"
    )
