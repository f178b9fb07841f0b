"""On code without slow patterns nothing is proposed."""

from __future__ import annotations

from pathlib import Path

import pytest

from hasten.agent.languages.python import functions
from hasten.agent.propose.rules.registry import RULES
from hasten.agent.propose.rules.rewriting import rewrite

ROOT = Path(__file__).parents[3]
OWN = ("agent/judge/statistics.py", "agent/judge/eprocess.py", "agent/run.py", "profilers/base.py")
"""Modules of hasten itself that have no pattern a rule knows."""

GRAPHS = """\
from collections import defaultdict, deque
from heapq import heappop, heappush


def shortest(graph: dict[str, dict[str, float]], start: str) -> dict[str, float]:
    best = {start: 0.0}
    waiting = [(0.0, start)]
    while waiting:
        far, node = heappop(waiting)
        if far > best[node]:
            continue
        for neighbour, step in graph[node].items():
            reached = far + step
            if reached < best.get(neighbour, float("inf")):
                best[neighbour] = reached
                heappush(waiting, (reached, neighbour))
    return best


def layers(graph: dict[str, list[str]], start: str) -> list[list[str]]:
    depth = {start: 0}
    waiting = deque([start])
    found: dict[int, list[str]] = defaultdict(list)
    while waiting:
        node = waiting.popleft()
        found[depth[node]].append(node)
        for neighbour in graph[node]:
            if neighbour not in depth:
                depth[neighbour] = depth[node] + 1
                waiting.append(neighbour)
    return [found[level] for level in sorted(found)]
"""
TEXTS = """\
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

log = logging.getLogger(__name__)
WORD = re.compile(r"[a-z]+")
STOP = frozenset(["the", "a", "of", "and", "to"])


def words(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        for word in WORD.findall(line.lower()):
            if word not in STOP:
                yield word


def frequent(path: Path, number: int) -> list[tuple[str, int]]:
    with path.open(encoding="utf-8") as file:
        counts = Counter(words(file))
    log.debug("%d words in %s", len(counts), path)
    return counts.most_common(number)


def table(rows: list[tuple[str, int]]) -> str:
    width = max((len(name) for name, _ in rows), default=0)
    return "\\n".join(f"{name:<{width}}  {count:>6}" for name, count in rows)


def unique(items: list[str]) -> list[str]:
    return list(dict.fromkeys(items))
"""
SHOP = """\
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain


@dataclass
class Order:
    number: int
    customer: str
    lines: list[tuple[str, int]] = field(default_factory=list)

    def total(self, prices: dict[str, int]) -> int:
        return sum(prices[name] * count for name, count in self.lines)


class Shop:
    def __init__(self, orders: list[Order], prices: dict[str, int]) -> None:
        self.by_customer: dict[str, list[Order]] = {}
        for order in orders:
            self.by_customer.setdefault(order.customer, []).append(order)
        self.prices = prices

    def spent(self, customer: str) -> int:
        return sum(order.total(self.prices) for order in self.by_customer.get(customer, ()))

    def best(self) -> str | None:
        return max(self.by_customer, key=self.spent, default=None)

    def names(self) -> set[str]:
        lines = chain.from_iterable(order.lines for orders in self.by_customer.values() for order in orders)
        return {name for name, _ in lines}


@lru_cache(maxsize=None)
def ways(steps: int) -> int:
    return 1 if steps < 2 else ways(steps - 1) + ways(steps - 2)


def matched(left: list[Order], right: list[Order]) -> list[tuple[int, int]]:
    numbers = {order.customer: order.number for order in right}
    return [(o.number, numbers[o.customer]) for o in left if o.customer in numbers]


def insertion(values: list[int]) -> None:
    for at in range(1, len(values)):
        value = values[at]
        while at > 0 and values[at - 1] > value:
            values[at] = values[at - 1]
            at -= 1
        values[at] = value
"""
NUMBERS = """\
import numpy as np


def normalise(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def moving(values: list[float], width: int) -> list[float]:
    total = sum(values[:width])
    result = [total / width]
    for new, old in zip(values[width:], values):
        total += new - old
        result.append(total / width)
    return result


def sieve(limit: int) -> list[int]:
    prime = bytearray([1]) * (limit + 1)
    for number in range(2, int(limit**0.5) + 1):
        if prime[number]:
            prime[number * number :: number] = bytes(len(range(number * number, limit + 1, number)))
    return [number for number in range(2, limit + 1) if prime[number]]
"""


@pytest.mark.parametrize("source", [GRAPHS, TEXTS, SHOP, NUMBERS], ids=["graphs", "texts", "shop", "numbers"])
def test_well_written_code_is_left_alone(source: str) -> None:
    """By every rule, those that need the user's word included."""
    found = functions("m.py", source)
    assert len(found) > 1
    for definition in found:
        proposed = rewrite("m.py", source, definition.qualname, only=RULES)
        assert proposed == [], (definition.qualname, proposed[0].edit.new)


@pytest.mark.parametrize("path", OWN)
def test_our_own_code_is_left_alone(path: str) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    for definition in functions(path, source):
        proposed = rewrite(path, source, definition.qualname)
        assert proposed == [], (definition.qualname, proposed[0].edit.new)
