"""What happens where a rule does not look: in generators, context managers, ``finally`` blocks."""

from __future__ import annotations

import textwrap

import pytest

from tests.propose.rules.equivalence import assert_equivalent, rewritten

SILENT = {
    "a generator may change the list": """
        list-membership
        def f(words: Iterator[str], known: list[str]):
            return sum(1 for word in words if word in known)
        """,
    "an unknown iterable may": """
        loop-invariant
        def f(words, xs: list[int]):
            out = []
            for word in words:
                out.append(sum(xs))
            return out
        """,
    "a context manager may": """
        list-membership
        def f(words: list[str], known: list[str], guard):
            total = 0
            for word in words:
                with guard:
                    total += word in known
            return total
        """,
    "a generator may add to what was seen": """
        seen-list
        def f(words: Iterator[str], seen: list[str]):
            for word in words:
                if word not in seen:
                    seen.append(word)
        """,
    "a generator may change rows": """
        nested-search
        def f(ks: Iterator[int], rows: list[tuple[int, int]]):
            return [next((r for r in rows if r[0] == k), None) for k in ks]
        """,
    "returned before it grows": """
        list-concat
        def f(n: int):
            out = []
            for i in range(n):
                try:
                    return out
                finally:
                    out = out + [i]
        """,
    "a dict returned before it grows": """
        rebuilt-container
        def f(words: list[str]):
            table = {}
            for word in words:
                try:
                    return table
                finally:
                    table = {**table, word: 1}
        """,
    "sum may hand the list itself on": """
        list-concat
        def f(n: int):
            out = []
            kept = []
            for i in range(n):
                kept.append(sum([], out))
                out = out + [i]
            return kept
        """,
    "a comment between brackets": """
        list-concat
        def f(n: int):
            out = []
            for i in range(n):
                out = out + [  # one more
                    i,
                ]
            return out
        """,
    "an exception swallowed around the loop": """
        str-concat
        def f(rows: list[str], guard, call):
            text = ""
            with guard:
                for row in rows:
                    call(row)
                    text += row
            return text
        """,
    "a sum that may not fit a float": """
        loop-invariant
        def f(ks: list[int], xs: list[int | float]):
            return [k / sum(xs) for k in ks]
        """,
    "bytes are not stripped from text": """
        loop-invariant
        def f(ks: list[int], text: str):
            return [text.strip(b" ") for _ in ks]
        """,
    "an argument too many": """
        loop-invariant
        def f(ks: list[int], text: str):
            return [text.lower(" ") for _ in ks]
        """,
    "a lambda still asks for the position": """
        range-len
        def f(xs: list[int]):
            return [(xs[i], lambda: i) for i in range(len(xs))]
        """,
    "a default holds the text": """
        str-concat
        def f(rows: list[str]):
            text = ""
            kept = []
            for row in rows:
                text += row
                kept.append(lambda text=text: text)
            return text, [one() for one in kept]
        """,
    "a default holds the list": """
        list-concat
        def f(rows: list[str]):
            out = []
            for row in rows:
                def last(out=out):
                    return out
                out = out + [row]
            return last()
        """,
    "a default holds the position": """
        range-len
        def f(xs: list[int]):
            return [(xs[i], lambda i=i: i) for i in range(len(xs))]
        """,
    "a decorator holds the tuple": """
        tuple-growth
        def f(rows: list[str], keep):
            out = ()
            for row in rows:
                out += (row,)
                @keep(out)
                def last(out):
                    return out
            return last
        """,
    "a pattern binds what is left": """
        list-membership
        def f(xs: list[str], known: tuple[str, ...], rows):
            out = []
            for x in xs:
                out.append(x in known)
                match rows:
                    case {"a": 1, **known}:
                        pass
            return out
        """,
    "a chain of comparisons": """
        seen-list
        def f(xs: list[str], y: str):
            seen = []
            for x in xs:
                if y == [x] in seen:
                    print(x)
                seen.append(x)
        """,
    "an f-string writes out the position": """
        range-len
        def f(xs: list[int]):
            return [f"{xs[i] = !r:>4}" for i in range(len(xs))]
        """,
    "an f-string writes out the call": """
        loop-invariant
        def f(xs: list[int]):
            return [f"{sum(xs)=}" for _ in xs]
        """,
    "an f-string writes out the list": """
        list-membership
        def f(xs: list[int], ys: list[int]):
            return [f"{x in ys=:d}" for x in xs]
        """,
    "what is in the brackets may be a slice": """
        pop-front
        def f(xs: list[int], part: slice):
            queue = list(xs)
            while queue:
                queue.pop(0)
                return queue[part]
        """,
}


@pytest.mark.parametrize("program", SILENT.values(), ids=SILENT)
def test_silent(program: str) -> None:
    rule_id, _, source = textwrap.dedent(program).lstrip().partition("\n")
    assert rewritten(f"from collections.abc import Iterator\n\n{source}", "f", rule_id) is None


def test_a_file_changes_no_list() -> None:
    source = """
        def f(path: str, known: list[str], more: list[str]):
            total = 0
            for name in more:
                with open(path) as lines:
                    for line in lines:
                        total += line in known or name in known
            return total
        """
    calls = [("/dev/null", ["a"], ["a"]), (__file__, ["import pytest\n"], ["", ""])]
    assert assert_equivalent(source, "f", "list-membership", calls)


def test_exceptions_that_nobody_reads_after() -> None:
    source = """
        def f(rows: list[str], guard):
            with guard:
                text = ""
                for row in rows:
                    text += row
                print(text)
        """
    assert rewritten(textwrap.dedent(source), "f", "str-concat") is not None


def test_no_comment_is_lost() -> None:
    source = """
        def f(ks: list[int], rows: list[tuple[int, int]]):
            out = []
            for k in ks:
                for row in rows:  # all
                    if row[0] == k:  # alike
                        out.append(row)
            return out
        """
    after = rewritten(textwrap.dedent(source), "f", "nested-join")
    assert after is not None and "# all" in after and "# alike" in after
    source = """
        def f(xs: list[str]):
            seen = ["x",  # always
                    "y"]
            total = 0
            for x in xs:
                total += x in seen
                seen.append(x)
            return total
        """
    after = rewritten(textwrap.dedent(source), "f", "seen-list")
    assert after is not None and "# always" in after


def test_a_class_of_the_file_is_no_builtin() -> None:
    source = """
        class str:
            def __eq__(self, other):
                return True

        def f(words: list[str], known: list[str]):
            return [word for word in words if word in known]
        """
    assert rewritten(textwrap.dedent(source), "f", "list-membership") is None


def test_text_that_is_absent() -> None:
    source = """
        import re

        def f(text: str):
            return not re.search("a", text), (not re.search("b", text)) == 1
        """
    after = rewritten(textwrap.dedent(source), "f", "plain-text-regex")
    assert after is not None and '"a" not in text, ("b" not in text) == 1' in after
    assert assert_equivalent(source, "f", "plain-text-regex", [("",), ("a",), ("ab",)])


@pytest.mark.parametrize("pair", ["turn: bump()", "bump(): turn"])
def test_keys_before_values(pair: str) -> None:
    source = f"""
        def f(words: list[str]):
            turn = 0
            def bump():
                nonlocal turn
                turn += 1
                return turn
            table = {{}}
            for word in words:
                table = {{**table, {pair}}}
            return table
        """
    assert assert_equivalent(source, "f", "rebuilt-container", [(["a", "b"],)])
