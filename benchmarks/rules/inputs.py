"""What each rule's example is called with: one entry for every rule, a test sees to it.

``setup`` are lines that run once, with ``rng`` (seeded) and ``words(n)`` at hand; ``calls`` is an expression
for the list of argument tuples, made once. Rounds over them are chosen so that the program takes a while.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Input:
    """``data`` says in words what the example works on."""

    data: str
    calls: str
    setup: str = ""
    fresh: bool = False
    """The example changes its arguments: every round gets new ones."""
    rounds: int = 0
    """Fixed; 0 to have them chosen."""


WORDS = "ws = words(1000)"
SCORES = "values = [rng.randrange(10**6) for _ in range(1000)]"
TEXTS = "texts = [' '.join(words(5)) for _ in range(200)]"
PRICES = "table = {w: rng.random() for w in words(1000)}"
FILE = """\
import tempfile
folder = tempfile.TemporaryDirectory()
path = folder.name + "/words"
with open(path, "w") as file:
    file.write(" ".join(words(400)))"""
FILES = """\
import os
import tempfile
folder = tempfile.gettempdir() + "/hasten-input"
os.makedirs(folder, exist_ok=True)
paths = [f"{folder}/{number}.csv" for number in range(200)]
text = "a,b\\n" + "".join(f"{row},{row / 7}\\n" for row in range(1000))
for path in paths:
    with open(path, "w") as file:
        file.write(text)"""
LINES = """\
import tempfile
folder = tempfile.TemporaryDirectory()
path = folder.name + "/lines"
with open(path, "w") as file:
    file.writelines(word + "\\n" for word in words(20000))"""
FRAME = """\
import pandas as pd
prices = [100 * rng.random() for _ in range(2000)]
frame = pd.DataFrame({"name": words(2000), "price": prices, "count": range(2000)})"""
RATES = """\
import pandas as pd
numbers = [rng.random() for _ in range(2000)]
frame = pd.DataFrame({"price": numbers, "rate": numbers[::-1], "count": range(2000)})"""
SAMPLES = """\
import numpy as np
samples = np.array([rng.random() for _ in range(10000)])"""
GRAPH = """\
graph = {str(i): [str(2 * i), str(2 * i + 1)] if 2 * i + 1 < 20000 else [] for i in range(20000)}"""

INPUTS: dict[str, Input] = {
    "membership-copy": Input(
        "a dict of 1,000 keys", "[(w, ages) for w in ws]", f"{WORDS}\nages = {{w: 1 for w in ws}}"
    ),
    "values-membership": Input(
        "1,000 rows, 1,000 values", "[(ws, {i: w for i, w in enumerate(words(1000))})]", WORDS
    ),
    "invariant-call": Input("1,000 rows, 100 names", "[(words(100), ws)]", WORDS),
    "loop-invariant": Input("1,000 numbers", "[([rng.random() for _ in range(1000)],)]"),
    "first-of-sorted": Input("1,000 numbers", "[(values,)]", SCORES),
    "list-membership": Input("1,000 words, 1,000 known", "[(ws, words(1000))]", WORDS),
    "seen-list": Input("2,000 words, 1,000 of them different", "[(ws * 2,)]", WORDS),
    "nested-join": Input(
        "1,000 customers, 1,000 orders",
        "[(list(range(1000)), [Order(rng.randrange(1000), 1) for _ in range(1000)])]",
        "from workload import Order",
    ),
    "count-loop": Input("1,000 words", "[(ws,)]", WORDS),
    "index-in-loop": Input("1,000 names", "[(ws,)]", WORDS),
    "insert-front": Input("a number of 1,000 digits", "[(7**1183,)]"),
    "sort-in-loop": Input("1,000 numbers", "[(values,)]", SCORES),
    "pop-front": Input("a tree of 20,000 nodes", "[(graph, '1')]", GRAPH),
    "list-concat": Input("3,000 numbers", "[(3000,)]"),
    "str-concat": Input("10,000 rows", "[(words(10000),)]"),
    "plain-text-regex": Input("texts of 30 characters", "[(t,) for t in texts]", TEXTS),
    "regex-hoist": Input("lines of 30 characters", "[(t,) for t in texts]", TEXTS),
    "items-values": Input("1,000 prices", "[(table, 0.5)]", PRICES),
    "readlines-once": Input("200 words, a file of 3 kB", "[(words(200), path)]", FILE),
    "any-generator": Input("1,000 numbers, the first decides", "[([-1, *range(1000)],)]"),
    "first-element": Input("1,000 rows", "[(ws,)]", WORDS),
    "comprehension-direct": Input("1,000 numbers", "[(values,)]", SCORES),
    "literal-display": Input("two keys", "[(i, i) for i in range(1000)]"),
    "needless-copy": Input("1,000 numbers in order", "[(set(range(1000)),)]"),
    "copy-comprehension": Input("1,000 numbers", "[(values,)]", SCORES),
    "map-lambda": Input("1,000 numbers", "[(values,)]", SCORES),
    "dict-fromkeys": Input("1,000 names", "[(ws,)]", WORDS),
    "dict-halves": Input("1,000 prices", "[({w: 1 for w in ws},)]", WORDS),
    "frame-concat": Input("1,000 rows", "[(1000,)]"),
    "frame-concat-alike": Input("200 files of 1,000 rows", "[(paths,)]", FILES),
    "array-append": Input("1,000 halvings", "[(2.0**1000,)]"),
    "lazy-logging": Input("two numbers, level off", "[((1.5, 2.5), 2.0)] * 100"),
    "append-comprehension": Input("1,000 numbers", "[(values, 3)]", SCORES),
    "value-at-hand": Input("1,000 prices", "[({w: 1 for w in ws},)]", WORDS),
    "unpack-concat": Input("four elements", "[(['a', 'b'], '-')] * 1000"),
    "prefix-tuple": Input("20 characters", "[(w + 'x' * 10,) for w in ws]", WORDS),
    "equal-chain": Input("words that are no mark", "[(w,) for w in ws]", WORDS),
    "getter-key": Input("1,000 pairs", "[([(w, rng.randrange(10**6)) for w in ws],)]", WORDS),
    "direct-callback": Input("1,000 words", "[([w[: rng.randrange(1, 8)] for w in ws],)]", WORDS),
    "set-update": Input("100 lines of 10 words", "[([ws[i : i + 10] for i in range(0, 1000, 10)],)]", WORDS),
    "unused-index": Input("1,000 numbers", "[(values,)]", SCORES),
    "remove-prefix": Input(
        "paths, half of them with the prefix", "[('./' * (i % 2) + w,) for i, w in enumerate(ws)]", WORDS
    ),
    "bit-count": Input("numbers of 20 bits", "[(v, 12345) for v in values]", SCORES),
    "format-fstring": Input("a word and a number", "[(w, 2.5) for w in ws]", WORDS),
    "nested-min": Input("three numbers", "[(v, v - 1, v + 1) for v in values]", SCORES),
    "set-discard": Input("a set of one word", "[({w}, w) for w in ws]", WORDS, fresh=True),
    "list-copy": Input("two numbers", "[([1, 2],)] * 1000"),
    "needless-int": Input("three numbers", "[([1, 2, 3],)] * 1000"),
    "bytes-literal": Input("10 bytes", "[(b'0123456789',)] * 1000"),
    "memoize-pure": Input("31 steps, once", "[(31,)]", rounds=1),
    "any-membership": Input("four constants, the last fits", "[(s,) for s in ['webp', 'tiff'] * 500]"),
    "nested-search": Input(
        "500 numbers, 500 users, of whom the last ten are asked for",
        "[([rng.randrange(490, 500) for _ in range(500)], [User(i, 'x') for i in range(500)])]",
        "from workload import User",
    ),
    "slice-shift": Input("5,000 amounts", "[(list(range(5000)),)]"),
    "jsonschema-once": Input("100 rows", "[([{'name': w} for w in words(100)],)]"),
    "json-encoder": Input(
        "1,000 records of three numbers", "[([{'a': i, 'b': 1, 'c': 2} for i in range(1000)],)]"
    ),
    "struct-once": Input("10 bytes", "[(bytes(range(1, 11)),)] * 1000"),
    "strptime-iso": Input(
        "1,000 dates", "[([f'2024-{i % 12 + 1:02}-{i % 28 + 1:02}' for i in range(1000)],)]"
    ),
    "iterrows": Input(
        "2,000 rows of three columns",
        "[(frame, 50.0)]",
        FRAME,
    ),
    "array-loop": Input("10,000 numbers", "[(np.arange(10000.0), 0.25)]", "import numpy as np"),
    "file-lines": Input("a file of 20,000 lines", "[(path,)]", LINES),
    "range-len": Input("1,000 prices", "[(values,)]", SCORES),
    "sum-lists": Input("1,000 rows of 5 numbers", "[([[1, 2, 3, 4, 5]] * 1000,)]"),
    "rebuilt-container": Input("1,000 words", "[(ws,)]", WORDS),
    "tuple-growth": Input("3,000 numbers", "[(3000,)]"),
    "attribute-text": Input(
        "20,000 rows", "[(Report(), ws)]", "from workload import Report\nws = words(20000)", fresh=True
    ),
    "flat-copy": Input("200 moves on a board of 64", "[(list(range(64)), list(range(64)) * 3)]"),
    "array-comprehension": Input("10,000 numbers", "[(samples, 0.1, 0.8)]", SAMPLES),
    "array-tolist": Input("10,000 numbers", "[(samples, 0.5)]", SAMPLES),
    "vectorize-ufunc": Input("10,000 numbers", "[(samples,)]", SAMPLES),
    "frame-apply": Input("2,000 rows of three columns", "[(frame, 1.5)]", RATES),
    "math-on-scalars": Input(
        "1,000 points", "[(xs, xs[::-1], 0.5)]", "xs = [rng.random() for _ in range(1000)]"
    ),
    "njit-kernel": Input(
        "200,000 numbers, 40 times, compilation included",
        "[(np.sin(np.arange(200000.0)), 0.1)]",
        "import numpy as np",
        rounds=40,
    ),
    "constant-table": Input(
        "seven names", "[(d,) for d in ['saturday', 'friday', 'sunday', 'thursday'] * 250]"
    ),
    "math-local": Input("1,000 numbers", "[([rng.random() for _ in range(1000)],)]"),
}
