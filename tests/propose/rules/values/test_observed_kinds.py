"""What observed facts prove of parameters, locals and attributes, and where they are not enough."""

from __future__ import annotations

import textwrap

import libcst as cst
import pytest

from hasten.agent.facts import Facts
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.kinds import Kind
from hasten.agent.propose.analysis.module import ModuleScope


def kind_of(name: str, body: str, facts: Facts, head: str = "def f(self, xs):") -> str:
    """Kind of the value returned last, where ``name`` stands alone in a return."""
    source = f"{head}\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n    return {name}\n"
    fn = Function(cst.parse_module(source), "f", ModuleScope(source), facts=facts)
    last = [node for node in fn.own if isinstance(node, cst.Return)][-1]
    assert last.value is not None
    return text(Inference(fn).kind(last.value))


def text(kind: Kind) -> str:
    return f"{kind.name}[{', '.join(map(text, kind.args))}]" if kind.args else kind.name


@pytest.mark.parametrize(
    ("body", "changed", "kind"),
    [
        ("pass", None, "list[int]"),
        ("xs.append(1)", None, "list[int]"),
        ("xs.append(open)", None, "list[?]"),
        ("xs.append(open)", 0.0, "list[int]"),
        ("g(xs)\nlen(xs)", None, "list[?]"),
        ("g(xs)\nlen(xs)", 0.3, "list[?]"),
        ("g(xs)\nlen(xs)", 0.0, "list[int]"),
        ("xs = g(xs)", 0.0, "?"),
    ],
)
def test_parameter(body: str, changed: float | None, kind: str) -> None:
    seen = {} if changed is None else {"xs": changed}
    assert kind_of("xs", body, Facts(9, 0.0, {"xs": "list[int], length 3"}, changed=seen)) == kind


@pytest.mark.parametrize(
    ("body", "summary", "kind"),
    [
        ("x = g()", "int, value 3", "int"),
        ("x = g()", "list[str], length 3", "list[str]"),
        ("x = g()\nx.append(1)", "list[int | str], length 3", "list[union[int, str]]"),
        ("x = g()\nx.pop()", "list[str], length 3", "list[?]"),
        ("x = g()\nh(x)", "list[str], length 3", "list[?]"),
        ("x = g()\nh(x)", "ndarray[float64, 1d], length 3", "ndarray[float64]"),
        ("x = g()\nx.insert(0, 'b', 1)", "DataFrame['a': float64], length 3", "?"),
        ("x = g()\nx = h()", "int", "?"),
        ("for x in g():\n    pass", "int", "?"),
        ("while g():\n    x = h()", "int", "?"),
        ("x = g()\nx += h()", "int", "?"),
        ("x = g()", "list[~int], length 3", "list[?]"),
        ("x = 'a'", "int", "str"),
    ],
)
def test_local(body: str, summary: str, kind: str) -> None:
    assert kind_of("x", body, Facts(9, 0.0, locals={"x": summary})) == kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("pass", "list[str]"),
        ("len(self.words)", "list[str]"),
        ("self.words = g()", "?"),
        ("self.words += g()", "?"),
        ("self.words.append(g())", "?"),
        ("h(self.words)", "?"),
        ("k = lambda: self", "?"),
    ],
)
def test_attribute(body: str, kind: str) -> None:
    facts = Facts(9, 0.0, attributes={"self.words": "list[str], length 3"})
    assert kind_of("sorted(self.words)", body, facts) == ("list[?]" if kind == "?" else kind)


def test_without_facts_nothing_is_known() -> None:
    assert kind_of("xs", "pass", Facts(9, 0.0)) == "?"
