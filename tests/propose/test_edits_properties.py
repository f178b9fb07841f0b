"""Whatever the module looks like, an edit touches the bytes of its definition only."""

from __future__ import annotations

import textwrap

from hypothesis import given, settings
from hypothesis import strategies as st

from hasten.agent.languages.python import definitions
from hasten.agent.propose.edits import EditRefused, apply_edits
from hasten.agent.propose.source import Text
from hasten.agent.types import Definition, Edit

BODIES = st.sampled_from(
    [
        "return 1",
        "return 1  # why",
        '"""One line."""\nreturn 2',
        '"""Several.\n\n  Odd indent.\n    """\nreturn 3',
        'x = """\ncolumn 0\n\ttab\n"""\nreturn x',
        "x = f'''\n{1 +\n2}\n'''\nreturn x",
        "return (1,\n   2,\n# left comment\n      3)",
        "if 1:\n{i}return 1\nelse:\n{i}return 2",
        "x = 'a\\\n b'\nreturn x",
        "\nx = 1\n\n\nreturn x",
        "def inner():\n{i}return 1\nreturn inner",
    ]
)
NEW = "def {name}(*args):\n    '''New.\n\n    Text.\n    '''\n    if args:\n        return 1\n    return 2\n"


@st.composite
def functions(draw: st.DrawFn, name: str, unit: str) -> list[str]:
    lines = draw(
        st.lists(st.sampled_from(["# comment", "", "@staticmethod", "@(\n  staticmethod\n)"]), max_size=2)
    )
    lines = [line for line in lines if line] + [f"def {name}(*args):"]
    inside = False
    for line in draw(BODIES).replace("{i}", unit).split("\n"):
        lines.append(line if inside or not line else unit + line)
        if line.count('"""') == 1 or line.count("'''") == 1 or line.endswith("\\"):
            inside = not inside
        elif line.startswith(" b'"):
            inside = False
    return "\n".join(lines).split("\n")


@st.composite
def modules(draw: st.DrawFn) -> str:
    unit = draw(st.sampled_from(["    ", "  ", "\t"]))
    lines = draw(st.sampled_from([[], ['"""Doc."""', ""], ["import os", "X = 1"], ["# head", "\x0c"]])).copy()
    for number in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            lines.append(f"class C{number}:")
            for line in draw(functions(f"m{number}", unit)):
                lines.append(unit + line if line else line)
        else:
            lines += draw(functions(f"f{number}", unit))
        lines += [""] * draw(st.integers(0, 3))
    text = draw(st.sampled_from(["\n", "\r\n"])).join(lines)
    return draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", "\n", "\n\n"]))


def outer(source: str) -> list[Definition]:
    return [d for d in definitions("m.py", source.removeprefix("\ufeff")) if "inner" not in d.qualname]


def span(source: str, definition: Definition) -> tuple[int, int]:
    text = Text.of(source)
    first = definition.start
    while not text.lines[first - 1].lstrip().startswith(("@", "def", "class")):
        first -= 1
    return text.span(first, definition.end)


def edited(source: str, definition: Definition, new: str) -> str:
    return apply_edits({"m.py": source}.get, [Edit("m.py", new, qualname=definition.qualname)])["m.py"]


@settings(deadline=None, derandomize=True)
@given(modules(), st.sampled_from(["as is", "\n", "dedented"]))
def test_a_definition_replaced_by_itself_changes_no_byte(source: str, how: str) -> None:
    for definition in outer(source):
        start, end = span(source, definition)
        own = source[start:end]
        if how != "as is":
            own = own.replace("\r\n", "\n")
        if how == "dedented":
            own = textwrap.dedent(own)
        assert edited(source, definition, own) == source


@settings(deadline=None, derandomize=True)
@given(modules())
def test_a_new_definition_leaves_every_byte_around_it(source: str) -> None:
    for definition in outer(source):
        if definition.qualname.startswith("C") and "." not in definition.qualname:
            continue
        start, end = span(source, definition)
        after = edited(source, definition, NEW.format(name=definition.qualname.rpartition(".")[2]))
        tail = len(source) - end
        assert after[:start] == source[:start]
        assert after[len(after) - tail :] == source[end:]
        middle = after[start : len(after) - tail]
        assert middle.lstrip().startswith("def") and ("\r" in middle) == ("\r" in source)


@settings(deadline=None, derandomize=True)
@given(modules(), st.text(alphabet="def f():\n retun1#\"'", max_size=30))
def test_any_text_is_applied_or_refused(source: str, new: str) -> None:
    first = outer(source)[0]
    try:
        after = edited(source, first, new)
    except EditRefused as refused:
        assert refused.reason
    else:
        compile(after.removeprefix("\ufeff"), "m.py", "exec")
