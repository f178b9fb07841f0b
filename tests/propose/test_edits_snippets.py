from __future__ import annotations

import pytest

from hasten.agent.propose.edits import EditRefused, apply_edits
from hasten.agent.types import Edit

SOURCE = """\
def f(xs):
    out = []
    for x in xs:   
        if x in out:
            continue
        out.append(x)
    return out


def g(xs):
    out = []
    return out
"""  # noqa: W291


def replaced(old: str, new: str, source: str = SOURCE, qualname: str = "") -> str:
    edit = Edit(path="m.py", kind="replace", old=old, new=new, qualname=qualname)
    return apply_edits({"m.py": source}.get, [edit])["m.py"]


def test_exact_text_is_replaced_where_it_stands() -> None:
    assert replaced("in out:", "in seen:") == SOURCE.replace("in out:", "in seen:")


def test_line_ends_of_the_file_are_used() -> None:
    source = SOURCE.replace("\n", "\r\n")
    after = replaced(
        "            continue\n        out.append(x)\n", "            pass\n        out += [x]\n", source
    )
    assert after == source.replace("continue", "pass").replace("out.append(x)", "out += [x]")


def test_blanks_at_line_ends_do_not_matter() -> None:
    after = replaced("    for x in xs:\n        if x in out:", "    for x in set(xs):\n        if x in out:")
    assert after == SOURCE.replace("for x in xs:   ", "for x in set(xs):")


@pytest.mark.parametrize("shift", ["", "      "])
def test_uniform_indentation_does_not_matter(shift: str) -> None:
    old = f"{shift}  if x in out:\n{shift}      continue"
    new = f"{shift}  if x not in out:\n{shift}      pass\n{shift}  else:\n{shift}      continue"
    assert replaced(old, new) == SOURCE.replace(
        "        if x in out:\n            continue",
        "        if x not in out:\n            pass\n        else:\n            continue",
    )


def test_a_definition_narrows_the_search() -> None:
    with pytest.raises(EditRefused, match=r"occurs 2 times in m.py \(lines 2, 11\)"):
        replaced("out = []", "out = [0]")
    assert replaced("out = []", "out = [0]", qualname="g") == SOURCE[:-30] + SOURCE[-30:].replace("[]", "[0]")


def test_similar_text_is_never_replaced_but_shown() -> None:
    with pytest.raises(EditRefused) as refused:
        replaced("        if x in outs:\n            continue", "        pass")
    assert "not in m.py" in refused.value.reason
    assert "-        if x in outs:\n+        if x in out:" in refused.value.reason
    with pytest.raises(EditRefused, match="Nothing there resembles it"):
        replaced("import antigravity", "pass")


def test_nothing_to_search_for_is_refused() -> None:
    with pytest.raises(EditRefused, match="empty"):
        replaced(" \n", "x")


def test_text_without_definitions_shifted_by_an_uneven_indent_is_refused() -> None:
    with pytest.raises(EditRefused, match="is not in m"):
        replaced("if x in out:\n  continue", "if x in out:\n  break")


def test_strings_over_several_lines_are_not_shifted() -> None:
    source = "def f():\n    x = 1\n    return x\n"
    with pytest.raises(EditRefused, match="string over several lines"):
        replaced("  x = 1\n  return x", '  x = """\n  a"""\n  return x', source)
