"""Every rule's docstring is its test: the file under Before becomes the file under After."""

from __future__ import annotations

import ast
import re

import pytest

from hasten.agent.facts import Facts
from hasten.agent.propose.rules.documentation import documentation, parse
from hasten.agent.propose.rules.registry import RULES
from hasten.agent.propose.rules.rewriting import rewrite

BY_ID = pytest.mark.parametrize("rule_id", sorted(RULES))


def example(rule_id: str) -> tuple[str, str, str]:
    """(before, after, name of the definition rewritten)."""
    doc = documentation(RULES[rule_id])
    last = ast.parse(doc.before).body[-1]
    assert isinstance(last, ast.FunctionDef)
    return doc.before, doc.after, last.name


def facts_of(rule_id: str) -> Facts | None:
    return documentation(RULES[rule_id]).facts


def segment(source: str, name: str) -> str:
    """Text of a top-level definition, decorators included."""
    node = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == name)
    start = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return "\n".join(source.splitlines()[start - 1 : node.end_lineno]) + "\n"


@BY_ID
def test_before_becomes_after(rule_id: str) -> None:
    before, after, name = example(rule_id)
    (found,) = rewrite("m.py", before, name, facts_of(rule_id), only=[rule_id])
    assert found.rules == (rule_id,)
    assert found.edit.new == segment(after, name)
    added = [s for s in ast.parse(after).body if ast.unparse(s) not in ast.unparse(ast.parse(before))]
    texts = [ast.unparse(s) for s in added if not (isinstance(s, ast.FunctionDef) and s.name == name)]
    assert texts == [ast.unparse(ast.parse(t)) for t in (*found.edit.imports, *found.edit.helpers)]


@BY_ID
def test_after_is_left_alone(rule_id: str) -> None:
    """By the rule and those before it: what one uncovers, a later one may use."""
    _, after, name = example(rule_id)
    until = list(RULES)[: list(RULES).index(rule_id) + 1]
    assert rewrite("m.py", after, name, facts_of(rule_id), only=until) == []


@BY_ID
def test_mark_keeps_rules_away(rule_id: str) -> None:
    before, _, name = example(rule_id)
    marked = re.sub(rf"(def {name}\(.*:)\n", rf"\1  # hasten: ignore[{rule_id}]\n", before)
    assert marked != before
    assert rewrite("m.py", marked, name, facts_of(rule_id), only=[rule_id]) == []
    other = marked.replace(f"[{rule_id}]", "[another-rule]")
    assert len(rewrite("m.py", other, name, facts_of(rule_id), only=[rule_id])) == 1


@BY_ID
def test_identity_and_documentation_agree(rule_id: str) -> None:
    rule = RULES[rule_id]
    doc = documentation(rule)
    assert rule.id == rule_id
    assert doc.tier == rule.tier
    assert all((doc.title, doc.what, doc.why, doc.precondition, doc.source))


@BY_ID
def test_hints_let_the_example_through(rule_id: str) -> None:
    before, _, name = example(rule_id)
    assert any(hint in segment(before, name) for hint in RULES[rule_id].hints)


def test_missing_part_is_named() -> None:
    with pytest.raises(KeyError, match="why"):
        parse("Title.\n\nWhat: something\n")
