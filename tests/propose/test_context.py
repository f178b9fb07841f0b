from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hasten.agent.facts import Facts
from hasten.agent.propose.context import build_context
from hasten.agent.types import Candidate, Definition, Target, Verdict

SourceOf = Callable[[str], str | None]


def test_the_call_path_and_the_class_are_shown_in_full_and_may_change(
    target: Target, source_of: SourceOf
) -> None:
    context = build_context(target, source_of)
    assert [(shown.key.partition("::")[2], shown.role) for shown in context.shown] == [
        ("Report.rows", "target"),
        ("main", "caller"),
        ("Report.total", "callee"),
        ("Directory.name", "callee"),
        ("Report.customers", "callee"),
        ("Report.__init__", "same class"),
        ("Directory.__init__", "same class"),
        ("Report.add", "same class"),
    ]
    assert context.editable == tuple(shown.key for shown in context.shown)
    assert context.shown[0].code.startswith("    def rows(self)")
    assert context.shown[2].share == 0.52
    assert context.left_out == ()
    assert context.dependencies == ()


def test_what_is_around_is_an_outline(target: Target, source_of: SourceOf) -> None:
    report, customers = build_context(target, source_of).around
    assert (
        "CURRENCY = " in report and "amount: float" in report and "def clean(text: str) -> str: ..." in report
    )
    assert "def rows" not in report and "re.sub" not in report
    assert "def load(cls, path): ..." in customers
    known = build_context(target, source_of).known
    assert {"shop/report.py::clean", "shop/report.py::Order", "shop/customers.py::Directory.load"} <= known


def test_only_lines_of_one_percent_and_more_are_shown_in_order(target: Target, source_of: SourceOf) -> None:
    lines = build_context(target, source_of).lines
    assert [line.split("  ")[-1] for line in lines] == [
        "for customer in self.customers():",
        "name = clean(self.directory.name(customer))",
        "rows.append((name, self.total(customer)))",
    ]
    assert "52.0%" in lines[2]


def test_facts_and_attempts_say_what_was_seen(
    target: Target,
    source_of: SourceOf,
    facts: dict[str, Facts],
    attempts: list[tuple[Candidate, Verdict]],
    tests: dict[str, str],
) -> None:
    context = build_context(target, source_of, facts=facts, history=attempts, tests=tests)
    assert "list[Order], length 20,000" in context.facts[0]
    assert context.facts[1].startswith("shop/report.py::Report.total: called 1,800 times")
    assert context.attempts[0].startswith("Compile the pattern once: rejected (speed) [report 1.01x]")
    assert "AssertionError: assert [('Bo', 2.0)]" in context.attempts[1]
    assert "assert report.total('nobody') == 0.0" in context.tests[0]
    assert "tmp_path" not in context.tests[0]


def test_locals_attributes_and_changes_are_told(target: Target, source_of: SourceOf) -> None:
    seen = Facts(
        calls=2,
        repeated_argument_rate=0.5,
        arguments={"self": "Report", "rows": "list[str], length 3", "cache": "dict[str, int], length 9"},
        attributes={"self.orders": "list[Order], length 20"},
        locals={f"local{n}": "int" for n in range(20)},
        changed={"rows": 0.0, "cache": 0.25},
    )
    (text,) = build_context(target, source_of, facts={target.key: seen}).facts
    lines = text.splitlines()
    assert lines[1:5] == [
        "  self: Report",
        "  rows: list[str], length 3; no call changes it",
        "  cache: dict[str, int], length 9; 25% of the calls change it",
        "  self.orders: list[Order], length 20",
    ]
    assert lines[5] == "  local local0: int"
    assert len(lines) == 5 + 12


def test_files_that_may_not_change_are_shown_but_not_editable(target: Target, source_of: SourceOf) -> None:
    context = build_context(target, source_of, may_edit=lambda path: path != "shop/customers.py")
    names = {shown.key: shown.editable for shown in context.shown}
    assert names["shop/customers.py::Directory.name"] is False
    assert "shop/customers.py::Directory.name" not in context.editable
    assert "shop/report.py::Report.rows" in context.editable


def test_a_small_budget_is_kept_by_trimming_from_the_bottom(
    target: Target,
    source_of: SourceOf,
    facts: dict[str, Facts],
    attempts: list[tuple[Candidate, Verdict]],
    tests: dict[str, str],
) -> None:
    def context(budget: int):  # type: ignore[no-untyped-def]
        return build_context(
            target, source_of, facts=facts, history=attempts * 20, tests=tests, budget_tokens=budget
        )

    whole, small, tiny = context(12_000), context(1_200), context(300)
    assert whole.left_out == () and whole.tokens > 1_200
    assert small.tokens <= 1_200
    assert small.shown == whole.shown and small.lines == whole.lines and small.facts == whole.facts
    assert 0 < len(small.attempts) < len(whole.attempts)
    assert small.attempts == whole.attempts[: len(small.attempts)]
    assert tiny.tokens <= 300
    assert tiny.shown[0] == whole.shown[0] and len(tiny.shown) < len(whole.shown)
    assert any(key.endswith("Report.add") for key in tiny.left_out)


def test_the_target_is_shown_however_long(target: Target, source_of: SourceOf) -> None:
    source = "def f():\n" + "    x = 1\n" * 500
    long = replace(
        target, definition=Definition("m.py", "f", 1, 501), call_path=("m.py::f",), callees=(), lines={}
    )
    context = build_context(long, {"m.py": source}.get, budget_tokens=100)
    assert context.shown[0].code == source.rstrip("\n")
    assert context.shown[0].long


def test_a_closure_is_shown_with_the_function_around_it(target: Target) -> None:
    source = (
        "import numpy as np\ndef outer(xs):\n    def inner(x):\n        return x + 1\n"
        "    return [inner(x) for x in xs]\n"
    )
    closure = replace(
        target,
        definition=Definition("m.py", "outer.inner", 3, 4),
        call_path=("m.py::outer", "m.py::outer.inner"),
        callees=(),
        lines={},
    )
    context = build_context(closure, {"m.py": source.replace("\n", "\r\n")}.get)
    assert context.editable == ("m.py::outer",)
    assert context.shown[0].code == source.partition("\n")[2].rstrip("\n")
    assert context.dependencies == ("numpy",)


def test_what_cannot_be_read_is_left_out(target: Target, source_of: SourceOf) -> None:
    context = build_context(target, lambda path: source_of(path) if path == "shop/report.py" else None)
    assert not any(key.startswith("shop/customers.py") for key in context.editable)
    assert "shop/report.py::Report.rows" in context.editable
