"""Ruff as a library: where its fixes land in a definition, and what happens when it cannot help."""

from __future__ import annotations

import stat
import textwrap
from pathlib import Path

import pytest

from hasten.agent.propose.analysis import ruff
from hasten.agent.propose.rules.registry import RULES
from hasten.agent.propose.rules.rewriting import rewrite
from tests.propose.rules.equivalence import rewritten

SOURCE = "def f(xs: list[int]):\n    return [x for x in xs]\n"


def test_text_beyond_ascii_before_the_fix() -> None:
    after = rewritten(
        'def f(é: list[int]):\n    "naïve 🙂"; ü = "🙂"; return [x for x in é], ü\n',
        "f",
        "copy-comprehension",
    )
    assert after is not None
    assert 'ü = "🙂"; return list(é), ü' in after


def test_methods_are_found_whatever_their_indentation() -> None:
    source = textwrap.dedent('''
        import os

        class A:
            class B:
                @staticmethod
                def f(xs: list[int]):
                    """Text
                  that stays."""
                    return [x for x in xs]
    ''')
    after = rewritten(source, "A.B.f", "copy-comprehension")
    assert after == source.replace("[x for x in xs]", "list(xs)")


def test_line_ends_of_other_systems() -> None:
    source = SOURCE.replace("\n", "\r\n")
    assert rewritten(source, "f", "copy-comprehension") == source.replace("[x for x in xs]", "list(xs)")


def test_nested_functions_are_left_to_their_own_definition() -> None:
    source = "def g():\n" + textwrap.indent(SOURCE, "    ") + "    return f\n"
    assert rewritten(source, "g", "copy-comprehension") is None
    assert rewritten(source, "g.f", "copy-comprehension") is not None


@pytest.mark.parametrize("mark", ["# noqa", "# noqa: C416"])
def test_what_the_author_told_ruff_to_accept_stays(mark: str) -> None:
    assert rewritten(SOURCE.replace("xs]\n", f"xs]  {mark}\n"), "f", "copy-comprehension") is None


def test_lines_do_not_grow_beyond_those_around() -> None:
    long = "x" * 70
    loop = f"    for x in xs:\n        {long}.append(x + 1)\n"
    source = f"def f(xs: list[int]):\n    {long} = []\n{loop}    return {long}\n"
    assert rewritten(source, "f", "append-comprehension") is None
    assert rewritten(source.replace(long, "xxx"), "f", "append-comprehension") is not None


def test_imports_of_a_fix_use_names_that_are_free() -> None:
    source = "def f(xs):\n    return sorted(xs, key=lambda x: x[0])\n"
    taken = "itemgetter = None\n\n\n" + source
    (plain,) = rewrite("m.py", source, "f", only=["getter-key"])
    (other,) = rewrite("m.py", taken, "f", only=["getter-key"])
    assert plain.edit.imports == ("from operator import itemgetter",)
    assert other.edit.imports == ("import operator",)
    assert "key=operator.itemgetter(0)" in other.edit.new
    assert rewrite("m.py", "operator = 1\n" + taken, "f", only=["getter-key"]) == []


def test_one_call_serves_all_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    path = next(p for p in ruff._places() if p.is_file())
    counting = tmp_path / "ruff"
    counting.write_text(f'#!/bin/sh\necho >> "{log}"\nexec "{path}" "$@"\n')
    counting.chmod(counting.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(ruff, "_binary", lambda: str(counting))
    clean = "def g(a):\n    return a  # one call for the file\n\n\n" + SOURCE.replace("f(", "counted(")
    assert rewrite("m.py", clean, "g") == []
    assert len(log.read_text().splitlines()) == 1
    assert len(rewrite("m.py", clean, "counted")) == 1
    assert len(log.read_text().splitlines()) == 3  # the definition before the change and after it
    assert len(rewrite("m.py", clean, "counted")) == 1
    assert len(log.read_text().splitlines()) == 3


@pytest.mark.parametrize("answer", ["exit 2", "echo nonsense", "sleep 20"])
def test_silent_when_ruff_fails(answer: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "ruff"
    broken.write_text(
        f"#!/bin/sh\nexec {answer}\n" if answer.startswith("sleep") else f"#!/bin/sh\n{answer}\n"
    )
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(ruff, "_binary", lambda: str(broken))
    monkeypatch.setattr(ruff, "_SECONDS", 0.2)
    assert rewrite("m.py", SOURCE + f"# {answer}\n", "f") == []


def test_silent_without_ruff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruff, "_binary", lambda: None)
    assert rewrite("m.py", SOURCE + "# nothing to ask\n", "f") == []


def test_every_code_asked_for_belongs_to_a_rule() -> None:
    sources = " ".join(rule.doc.split("Source:")[-1] for rule in RULES.values())
    assert {code for code in ruff.CODES if code not in sources} == set()
