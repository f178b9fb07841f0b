"""What realistic slow code the rules do reach, and what observed facts add."""

from __future__ import annotations

from collections.abc import Callable

from hasten.agent.facts import Facts
from hasten.agent.propose.rules.base import Rewrite

Proposed = Callable[..., list[Rewrite]]

UNIQUE = """
def f(items):
    seen = []
    for item in items:
        if item not in seen:
            seen.append(item)
    return seen
"""


def facts(calls: int = 10, repeated: float = 0.0, **arguments: str) -> Facts:
    return Facts(calls=calls, repeated_argument_rate=repeated, arguments=arguments)


def test_facts_stand_in_for_annotations(proposed: Proposed) -> None:
    assert proposed(UNIQUE) == []
    assert proposed(UNIQUE, facts=facts(items="list[dict[str, int]], length p50 3")) == []
    (found,) = proposed(UNIQUE, facts=facts(items="list[str], length p50 40 p95 900"))
    assert "seen_set.add(item)" in found.edit.new


def test_facts_do_not_outweigh_a_test_for_none(proposed: Proposed) -> None:
    source = """
        def f(xs, known):
            return [x for x in xs if known is None or x in known]
    """
    seen = facts(xs="list[str]", known="list[str]")
    assert proposed(source, facts=seen) == []
    assert len(proposed(source.replace("known is None", "not known"), facts=seen)) == 1


def test_facts_decide_whether_remembering_pays(proposed: Proposed) -> None:
    fib = "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n"
    assert proposed(fib, facts=facts(repeated=0.1, n="int")) == []
    assert proposed(fib, facts=facts(repeated=0.9, n="float")) == []
    (found,) = proposed(fib, facts=facts(repeated=0.9, n="int"))
    assert "if n in _F_RESULTS:" in found.edit.new


def test_dataclass_fields_and_pure_functions_of_the_file(proposed: Proposed) -> None:
    (found,) = proposed("""
        from dataclasses import dataclass

        @dataclass(frozen=True)
        class Order:
            customer: str
            amount: float

        def discount(amount: float) -> float:
            rate = 0.9
            return amount * rate

        def f(orders: list[Order], vips: list[str]) -> float:
            total = 0.0
            for order in orders:
                if order.customer in vips:
                    total += discount(order.amount)
            return total
    """)
    assert "order.customer in vips_set" in found.edit.new


def test_list_handed_on_after_the_loop(proposed: Proposed) -> None:
    (found,) = proposed(
        """
        class Report:
            def f(self, text: str) -> None:
                words = []
                for line in text.split(","):
                    word = line.strip().lower()
                    if word not in words:
                        words.append(word)
                self.words = words
    """,
        qualname="Report.f",
    )
    assert found.rules == ("seen-list",)


def test_value_appended_is_computed_once(proposed: Proposed) -> None:
    (found,) = proposed(
        """
        def f(lines: list[str]) -> list[str]:
            seen = []
            for line in lines:
                if line.lower() not in seen:
                    seen.append(line.lower())
            return seen
    """,
        "seen-list",
    )
    assert found.edit.new.count("line.lower()") == 2
    assert "seen_item = line.lower()" in found.edit.new


def test_list_only_tested_and_grown_becomes_the_set(proposed: Proposed) -> None:
    (found,) = proposed("""
        def f(xs: list[str]) -> int:
            seen: list[str] = []
            doubles = 0
            for x in xs:
                if x in seen:
                    doubles += 1
                seen.append(x.lower())
            return doubles
    """)
    assert "seen: set[str] = set()" in found.edit.new
    assert "seen.add(x.lower())" in found.edit.new
    assert "append" not in found.edit.new


def test_names_in_use_are_avoided(proposed: Proposed) -> None:
    (found,) = proposed("""
        import collections
        deque = list

        def f(xs: list[str]) -> int:
            queue = list(xs)
            steps = 0
            while queue:
                queue.pop(0)
                steps += 1
            return steps
    """)
    assert found.edit.imports == ()
    assert "queue = collections.deque(xs)" in found.edit.new
    (found,) = proposed("""
        known_set = 3

        def f(xs: list[str], known: list[str]) -> int:
            return sum(1 for x in xs if x in known)
    """)
    assert "known_set2 = set(known)" in found.edit.new


def test_widest_loop_is_chosen(proposed: Proposed) -> None:
    (found,) = proposed("""
        def f(rows: list[list[str]], stop: list[str]) -> int:
            total = 0
            for row in rows:
                for word in row:
                    if word not in stop:
                        total += 1
            return total
    """)
    lines = [line.strip() for line in found.edit.new.splitlines()]
    assert lines.index("stop_set = set(stop)") < lines.index("for row in rows:")


def test_module_constant_without_a_loop_becomes_a_module_set(proposed: Proposed) -> None:
    (found,) = proposed("""
        STOP = ("a", "b", "c", "d", "e", "f", "g", "h")

        def f(word: str) -> bool:
            return word in STOP
    """)
    assert found.edit.helpers == ("_STOP_SET = frozenset(STOP)",)


def test_only_restricts_the_rules(proposed: Proposed) -> None:
    source = """
        def f(xs: list[str], ys: list[str]) -> list[int]:
            return [xs.count(x) + xs.index(x) for x in xs if x in ys]
    """
    assert [r.rules for r in proposed(source)] == [
        ("list-membership", "count-loop", "index-in-loop"),
        ("list-membership",),
        ("count-loop",),
        ("index-in-loop",),
    ]
    assert [r.rules for r in proposed(source, "count-loop")] == [("count-loop",)]


def test_error_of_a_missing_element_reads_the_same(proposed: Proposed) -> None:
    source = "def f(xs: list[str], ys: list[str]) -> list[int]:\n    return [xs.index(y) for y in ys]\n"
    (found,) = proposed(source)
    space: dict[str, object] = {}
    exec(found.edit.helpers[0] + "\n\n" + found.edit.new, space)
    function = space["f"]
    assert callable(function)
    try:
        function(["a"], ["b"])
    except ValueError as error:
        assert str(error) == "'b' is not in list"
        assert error.__suppress_context__
    else:
        raise AssertionError("a missing element must raise")


def test_mark_without_names_keeps_all_rules_away(proposed: Proposed) -> None:
    source = UNIQUE.replace("(items):", "(items: list[str]):  # hasten: ignore")
    assert proposed(source) == []
    assert len(proposed(source.replace("ignore", "ignored"))) == 1


def test_sorted_inside_a_test_is_left_out_and_then_tested_on_a_set(
    proposed: Proposed, same_behaviour: Callable[..., None]
) -> None:
    program = """
    def f(xs: list[str], ys: list[str]) -> list[str]:
        return [x for x in xs if x in sorted(ys)]
    """
    bundle = proposed(program)[0]
    assert bundle.rules == ("membership-copy", "list-membership")
    assert "ys_set = set(ys)" in bundle.edit.new
    same_behaviour(program, bundle.edit, (["a", "b"], ["b"]), ([], []))


def test_method_of_a_class_and_comments_stay(proposed: Proposed, same_behaviour: Callable[..., None]) -> None:
    program = '''
    class Shop:
        # above
        @staticmethod
        def pick(xs: list[str], ys: list[str]) -> list[str]:  # signature
            """Doc,
            two lines."""
            text = """a
    b"""
            out = [text]

            # each of them
            for x in xs:   # loop
                if (x in ys):  # test
                    out.append( x )
            return(out)
        # below

    def f(xs, ys):
        return Shop.pick(xs, ys)
    '''
    (found,) = proposed(program, qualname="Shop.pick")
    for kept in ("# signature", "# each of them", "# loop", "# test", "out.append( x )", "return(out)"):
        assert kept in found.edit.new
    assert "# above" not in found.edit.new and "# below" not in found.edit.new
    assert found.edit.new.startswith("@staticmethod\ndef pick")
    same_behaviour(program, found.edit, (["a", "b"], ["b"]))
