"""Random small programs full of the shapes that rules look for, in company that makes a rewrite wrong.

Deterministic in the seed. Every program ends: loops share a budget of turns.
"""

from __future__ import annotations

from random import Random

HEAD = """\
import re
from dataclasses import dataclass

LOG = []
LIMITS = [3, 1, 2, 0]


@dataclass
class Row:
    key: int
    name: str


def note(items):
    LOG.append(len(items))
    items.append(7)
    return len(items)


def double(value: int) -> int:
    return value * 2


"""
_SIGNATURE = "def f(xs: list[int], ys: list[int], words: list[str], rows: list[Row], n: int, s: str):"
_TURNS = 12


class Programs:
    """One program per seed: ``Programs(seed).source()``."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.items: list[str] = ["xs", "ys", "xs", "ys"]
        self.texts: list[str] = ["s"]
        self.ints: list[str] = ["n", "1", "0", "2"]
        self.made: list[str] = []
        self.loops = 0

    def source(self) -> str:
        lines = ["turns = 0"]
        for name in self.dice.sample(["out", "seen", "queue"], self.dice.randint(1, 3)):
            lines.append(f"{name} = {self.fresh()}")
            self.items += [name, name]
            self.made.append(name)
        lines += ['text = ""', "total = 0"]
        self.texts.append("text[:2]")
        self.ints.append("total")
        for _ in range(self.dice.randint(1, 2)):
            lines += self.statement(3)
        lines.append(f"return {self.result()}")
        return HEAD + _SIGNATURE + "\n" + "\n".join("    " + line for line in lines) + "\n"

    def pick(self, *options: str) -> str:
        return self.dice.choice(options)

    def fresh(self) -> str:
        return self.pick(
            "[]", "[n]", "list(xs)", "[0, 1]", "sorted(ys)", "[x + 1 for x in xs]", "xs[:]", "xs"
        )

    def number(self, depth: int = 2) -> str:
        if depth == 0 or self.dice.random() < 0.5:
            return self.dice.choice(self.ints)
        items, inner = self.dice.choice(self.items), self.number(depth - 1)
        return self.pick(
            f"{items}.count({inner})",
            f"{items}.index({inner})",
            f"len({items})",
            f"sum({items})",
            f"min({items})",
            f"max({items})",
            f"{inner} + 1",
            f"{items}[{inner}]",
            f"double({inner})",
            f"{items}.pop(0)",
            f"note({items})",
            f"len(set({items}))",
            f"sorted({items})[{inner}]",
            f"words.index({self.text(0)})",
            f"len(re.findall('[ab]+', {self.text(0)}))",
            f"({inner} if {self.test(0)} else 3)",
            f"sum(1 for y in {items} if y in {self.dice.choice(self.items)})",
        )

    def text(self, depth: int = 1) -> str:
        if depth == 0 or self.dice.random() < 0.5:
            return self.dice.choice(self.texts)
        inner = self.text(depth - 1)
        return self.pick(
            f"{inner}.lower()",
            f"str({self.number(1)})",
            f"f'{{{self.dice.choice(self.ints)}}}'",
            f"{inner} + 'a'",
        )

    def test(self, depth: int = 1) -> str:
        items, number = self.dice.choice(self.items), self.number(depth)
        return self.pick(
            f"{number} in {items}",
            f"{number} not in {items}",
            f"{items}",
            f"{number} < 2",
            f"{self.text(depth)} in words",
            f"{number} in [0, 1, 2, 3]",
            f"{number} in LIMITS",
            f"{number} in sorted({items})",
            f"{self.dice.choice(self.ints)} == {number}",
        )

    def sequence(self) -> str:
        items = self.dice.choice(self.items)
        return self.pick(
            items,
            items,
            items,
            f"list({items})",
            f"{items} + [n]",
            f"[x for x in {items} if {self.test(0)}]",
            f"range({self.pick('3', 'n', 'len(xs)')})",
            f"reversed({items})",
            f"set({items})",
            f"sorted({items})",
        )

    def result(self) -> str:
        everything = [*self.made, "text", "total", "xs"]
        return self.pick(", ".join(everything), self.dice.choice(everything), self.number(), self.sequence())

    def block(self, depth: int) -> list[str]:
        lines = [line for _ in range(self.dice.randint(1, 2)) for line in self.statement(depth - 1)]
        return ["    " + line for line in lines]

    def statement(self, depth: int) -> list[str]:
        if depth > 0 and self.dice.random() < (0.95 if depth == 3 else 0.45):
            return self.compound(depth)
        return [self.simple()]

    def simple(self) -> str:
        items, number = self.dice.choice(self.items), self.number()
        own = self.dice.choice(self.made)
        common = self.pick(
            f"{own}.append({number})",
            f"{own} = {own} + [{number}]",
            f"text += {self.text()}",
            f"text = text + {self.text()}",
            f"total += {number}",
            f"{own}.pop(0)",
            f"{own}.insert(0, {number})",
            f"{items}.append({number})",
        )
        rare = self.pick(
            f"{own} += {items}[:3]",
            f"{own}.extend({items}[:3])",
            f"{own} = {items}",
            f"{items}[0] = {number}",
            f"{items}.sort()",
            f"del {items}[0]",
            f"{own} = {self.fresh()}",
            f"print({number})",
            f"LOG.append({own})",
            f"keep = lambda: {own}",
            f"note({items})",
            f"yield {number}",
            f"return {self.result()}",
            "break",
            "continue",
            f"rows[0].key = {number}",
            f"{items}.clear()",
            f"text = {self.text()}",
            "s = s.upper()",
            f"n = {number}",
            f"{own}, total = {own} + [1], 2",
            f"assert {self.test()}",
            f"total -= {number}",
            f"del {own}",
            f"({own} := {items})",
            f"words.append({self.text()})",
            f"print({own})",
            "raise KeyError(text)",
        )
        line = common if self.dice.random() < 0.7 else rare
        return line if self.loops or line not in ("break", "continue") else "total += 1"

    def compound(self, depth: int) -> list[str]:
        kind = self.pick("for", "for", "for", "for", "while", "if", "if", "try", "words", "rows", "finally")
        if kind == "if":
            lines = [f"if {self.test()}:", *self.block(depth)]
            return lines + (["else:", *self.block(depth)] if self.dice.random() < 0.3 else [])
        if kind == "try":
            errors = self.pick("ValueError", "(IndexError, ValueError)", "Exception")
            return ["try:", *self.block(depth), f"except {errors}:", *self.block(depth)]
        if kind == "finally":
            return ["try:", *self.block(depth), "finally:", *self.block(depth)]
        return self.loop(kind, depth)

    def loop(self, kind: str, depth: int) -> list[str]:
        if kind == "rows":
            row = self.pick("row", "other")
            sides = [f"{row}.key", self.number(0)]
            self.dice.shuffle(sides)
            return [
                f"for {row} in rows:",
                f"    if {' == '.join(sides)}:",
                *("    " + b for b in self.inside("", depth)),
            ]
        name = self.pick("w", "word") if kind == "words" else self.pick("x", "y", "z")
        if kind == "while":
            head, target = f"while {self.test()}:", ""
        else:
            source = "words" if kind == "words" else self.sequence()
            head, target = f"for {name} in {source}:", name
        guard = ["    turns += 1", f"    if turns > {_TURNS}:", "        break"]
        body = self.inside(target, depth)
        tail = ["else:", *self.block(depth)] if self.dice.random() < 0.1 else []
        return [head, *body, *guard, *tail] if kind != "while" else [head, *guard, *body, *tail]

    def inside(self, target: str, depth: int) -> list[str]:
        known = self.texts if target.startswith("w") else self.ints
        known += [target] * 3 if target else []
        self.loops += 1
        body = self.block(depth)
        self.loops -= 1
        return body
