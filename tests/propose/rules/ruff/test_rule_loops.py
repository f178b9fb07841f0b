"""Loops that do less: over halves, without counting, into sets, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent
from tests.propose.rules.nasty import hashables, ints, texts
from tests.propose.rules.ruff.checking import Case, case, check, check_silent, iterables, name

lists = st.lists(ints, max_size=6)
dicts = st.dictionaries(texts, ints, max_size=4)
CASES = [
    case(
        "dict-halves",
        "for v in d.values():",
        """
         def f(d: dict[str, int]):
             total = 0
             for _, v in d.items():
                 if v < 0:
                     d["new"] = v
                 total += v
             else:
                 total += 1
             return total
         """,
        dicts,
    ),
    case(
        "dict-halves",
        "for k in d.keys():",
        """
         def f(d: dict[str, int]):
             out = []
             for k, v in d.items():
                 out.append(k)
                 d[k] = 0
             return out
         """,
        dicts,
    ),
    case(
        "dict-halves",
        "for k, v in d.items()]",
        """
         def f(d: dict[str, int]):
             return [k * v for k, v in zip(d.keys(), d.values())]
         """,
        dicts,
    ),
    case(
        "unused-index",
        "for x in xs:",
        """
         def f(xs):
             for i, x in enumerate(xs):
                 if x == 2:
                     break
             else:
                 return None
             return x
         """,
        iterables(ints),
    ),
    case(
        "unused-index",
        "in xs:",
        """
         def f(xs):
             out = []
             for _, (a, b) in enumerate(xs):
                 out += [a, b]
             return out
         """,
        st.lists(st.tuples(ints, ints) | st.tuples(ints)),
    ),
    case(
        "set-update",
        "seen.update(xs)",
        """
         def f(xs: list[object]):
             seen: set[object] = set()
             for x in xs:
                 seen.add(x)
             return seen
         """,
        st.lists(hashables | st.just([]), max_size=5),
    ),
    case(
        "set-update",
        "ys.update(xs)",
        """
         def f(xs: dict[str, int], ys: set[str]):
             for x in xs:
                 ys.add(x)
             return len(ys)
         """,
        dicts,
        st.sets(texts),
    ),
    case(
        "set-update",
        "ys.difference_update(xs)",
        """
         def f(xs: list[object], ys: set[object]):
             for x in xs:
                 ys.discard(x)
         """,
        st.lists(hashables | st.just([]), max_size=5),
        st.sets(hashables, max_size=5),
    ),
    case(
        "value-at-hand",
        "total += v",
        """
         def f(d: dict[str, int]):
             total = 0
             for k, v in d.items():
                 if k:
                     total += d[k] * v
             return total
         """,
        dicts,
    ),
    case(
        "value-at-hand",
        "out[i] = x + 1",
        """
         def f(xs: list[int]):
             out = list(xs)
             for i, x in enumerate(xs):
                 out[i] = xs[i] + 1
                 out[i] += x
             return out
         """,
        lists,
    ),
    case(
        "value-at-hand",
        "{k: v for k, v in d.items()",
        "def f(d: dict[str, int]):\n    return {k: d[k] for k, v in d.items() if v > 1}\n",
        dicts,
    ),
]
SILENT = {
    "dict-halves: a mapping of its own": """
        from collections.abc import Mapping
        def f(d: Mapping[str, int]):
            for _, v in d.items():
                print(v)
    """,
    "dict-halves: unknown": "def f(d):\n    for _, v in d.items():\n        print(v)\n",
    "dict-halves: the other half is used later": """
        def f(d: dict[str, int]):
            for k, v in d.items():
                print(v)
            return k
    """,
    "dict-halves: two dicts": """
        def f(d: dict[str, int], e: dict[str, int]):
            return [k for k, v in zip(d.keys(), e.values())]
    """,
    "dict-halves: zip kept": "def f(d: dict[str, int]):\n    return zip(d.keys(), d.values())\n",
    "unused-index: used later": """
        def f(xs):
            for i, x in enumerate(xs):
                print(x)
            return i
    """,
    "unused-index: start may fail": """
        def f(xs, n):
            for i, x in enumerate(xs, n):
                print(x)
    """,
    "unused-index: number without element": """
        def f(xs: list[int]):
            for i, _ in enumerate(xs):
                xs.append(i)
                if i > 3:
                    break
    """,
    "set-update: unknown": "def f(xs, s):\n    for x in xs:\n        s.add(x)\n",
    "set-update: an iterator is asked for more than it can give": """
        from collections.abc import Iterator
        def f(xs: Iterator[int], s: set[int]):
            for x in xs:
                s.add(x)
    """,
    "set-update: discarding while looping over the same set": """
        def f(xs: set[int], s: set[int]):
            for x in xs:
                s.discard(x)
    """,
    "set-update: hashes as stored": """
        def f(xs: dict[object, int], s: set[object]):
            for x in xs:
                s.add(x)
    """,
    "set-update: used later": """
        def f(xs: list[int], s: set[int]):
            for x in xs:
                s.add(x)
            return x
    """,
    "set-update: a generator gains nothing": """
        def f(xs: list[int], s: set[int]):
            for x in xs:
                s.add(x + 1)
    """,
    "value-at-hand: changed in the loop": """
        def f(d: dict[str, int]):
            for k, v in d.items():
                d.update({k: v + 1})
                print(d[k])
    """,
    "value-at-hand: changed through another name": """
        def f(d: dict[str, int], e: dict[str, int]):
            for k, v in d.items():
                e[k] = 0
                print(d[k])
    """,
    "value-at-hand: changed by a call": """
        def f(xs: list[int], g):
            for i, x in enumerate(xs):
                g()
                print(xs[i], x)
    """,
    "value-at-hand: position moved": """
        def f(xs: list[int]):
            for i, x in enumerate(xs):
                i = 0
                print(xs[i], x)
    """,
    "value-at-hand: another value under the name": """
        def f(xs: list[int], ys: list[int]):
            out = []
            for i, x in enumerate(xs):
                out.append([xs[i] for x in ys])
            return out
    """,
    "value-at-hand: rebound in the loop": """
        def f(xs: list[int]):
            for i, x in enumerate(xs):
                xs = [0] * 9
                print(xs[i], x)
    """,
    "value-at-hand: keys that hash as they like": """
        def f(d: dict[object, int]):
            for k, v in d.items():
                print(d[k], v)
    """,
    "value-at-hand: enumerated from one": """
        def f(xs: list[int]):
            for i, x in enumerate(xs, 1):
                print(xs[i], x)
    """,
}


@pytest.mark.parametrize("subject", CASES, ids=name)
def test_both_versions_agree(subject: Case) -> None:
    check(subject)


@pytest.mark.parametrize("trap", SILENT)
def test_trap(trap: str) -> None:
    check_silent(trap.partition(":")[0], SILENT[trap])


LINES = {
    "total loop": """
        def f(path: str) -> tuple[int, list[str]]:
            total = 0
            kept = []
            with open(path) as file:
                for line in file.readlines():
                    if line.startswith("#") or not line.strip():
                        continue
                    total += len(line)
                    kept.append(line.rstrip().upper())
            return total, kept
    """,
    "comprehension": """
        def f(path: str) -> list[str]:
            with open(path, encoding="utf-8") as file:
                return [line.strip() for line in file.readlines() if line != "x"]
    """,
    "bytes may be left unread": """
        def f(path: str) -> int:
            with open(path, "rb") as file:
                for line in file.readlines():
                    if int(line) > 3:
                        return int(line)
            return 0
    """,
    "errors replaced": """
        def f(path: str) -> list[int]:
            out = []
            try:
                with open(path, errors="replace") as file:
                    for line in file.readlines():
                        out.append(int(line))
            except ValueError:
                pass
            return out
    """,
}
CONTENTS = (b"", b"1\n2\n\n# 3\n5", b"7\r\n9\n", b"4\nx\n5\n", b"1\n2\n" + b"3\n" * 5000 + b"\xff\n")


@pytest.mark.parametrize("source", LINES.values(), ids=LINES)
def test_lines_of_files(source: str, tmp_path: Path) -> None:
    for number, content in enumerate(CONTENTS):
        (tmp_path / str(number)).write_bytes(content)
    paths = [str(tmp_path / str(number)) for number in range(len(CONTENTS) + 1)]
    assert assert_equivalent(source, "f", "file-lines", [(path,) for path in paths])


FILE_TRAPS = {
    "the loop may fail before a line does": """
        def f(path: str):
            out = []
            with open(path) as file:
                for line in file.readlines():
                    out.append(int(line))
            return out
    """,
    "what was done stays done": """
        def f(path: str, out: list[str]):
            with open(path) as file:
                for line in file.readlines():
                    out.append(line)
    """,
    "somebody sees how far it got": """
        def f(path: str):
            n = 0
            try:
                with open(path) as file:
                    for line in file.readlines():
                        n += len(line)
            except ValueError:
                return n
    """,
    "the file is written in the loop": """
        def f(path: str):
            with open(path, "rb") as file:
                for line in file.readlines():
                    with open(path, "ab") as other:
                        other.write(line)
    """,
    "read on afterwards": """
        def f(path: str):
            with open(path, "rb") as file:
                for line in file.readlines():
                    if line:
                        break
                return file.read()
    """,
    "asked for its position": """
        def f(path: str):
            with open(path, "rb") as file:
                for line in file.readlines():
                    print(file.tell())
    """,
    "lines kept for later": """
        def f(path: str):
            with open(path, "rb") as file:
                return (line for line in file.readlines())
    """,
    "unknown file": "def f(file):\n    return [line for line in file.readlines()]\n",
    "unknown call": """
        def f(path: str, g):
            with open(path, "rb") as file:
                for line in file.readlines():
                    g(line)
    """,
}


@pytest.mark.parametrize("trap", FILE_TRAPS)
def test_file_trap(trap: str) -> None:
    check_silent("file-lines", FILE_TRAPS[trap])
