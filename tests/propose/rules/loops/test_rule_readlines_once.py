"""Files read in full on every turn of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.loops.examples import CASES

RULE = "readlines-once"
FIRES = {
    "in a test": """
def f(words: list[str], path: str):
    out = []
    for word in words:
        if word in open(path).read():
            out.append(word)
    return out
""",
    "with, and a comment": """
def f(words: list[str], path: str):
    out = [0]
    for word in words:
        out[0] += 1
        # What the file says.
        with open(path, encoding="utf-8") as file:
            text = file.read()
        out.append(text.count(word))
    return out
""",
    "with, lines": """
def f(words: list[str], path: str):
    out = []
    for i, word in enumerate(words):
        with open(path) as file:
            lines = file.readlines()
        for line in lines:
            out.append((i, line, word))
    return out
""",
    "lines looped over under a condition": """
def f(words: list[str], path: str):
    out = []
    for word in words:
        if word != "a":
            for line in open(path, "r").readlines():
                if line.startswith(word):
                    out.append(line)
        elif out:
            break
    else:
        out.append("end")
    return out
""",
    "inside two loops": """
def f(words: list[str], path: str):
    n = 0
    for word in words:
        for other in words:
            n += len(open(path, "rb").read().split()) * len(word + other)
    return n
""",
    "a path object": """
from pathlib import Path

def f(words: list[str], path: str):
    out = []
    for word in words:
        text = Path(path).read_text()
        out.append(word + text)
    return out
""",
    "an exception half-way": """
def f(words: list[str], path: str):
    out = []
    try:
        for word in words:
            out.append(int(word))
            text = open(path).read()
            out.append(len(text))
    except (ValueError, OSError) as error:
        out.append(type(error).__name__)
    return out
""",
    "returned": """
def f(words: list[str], path: str):
    for word in words:
        if word:
            return open(path).read().count(word)
""",
}
HEAD = "def f(words: list[str], path: str, unknown):\n    out = []\n    for word in words:\n        "


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("files")
    contents = {"text": b"a b\nab\n", "empty": b"", "not utf-8": b"a\nb\n\xff\n"}
    found = {"missing": str(folder / "missing"), "folder": str(folder)}
    for number, (name, content) in enumerate(contents.items()):
        found[name] = str(folder / f"{number}.txt")
        Path(found[name]).write_bytes(content)
    yield found


@pytest.mark.parametrize("case", FIRES)
@CASES
@given(
    words=st.lists(st.sampled_from(["a", "b", "", "1"]), max_size=3),
    file=st.sampled_from(["text", "empty", "not utf-8", "missing", "folder"]),
)
def test_same_behaviour(case: str, words: list[str], file: str, paths: dict[str, str]) -> None:
    assert assert_equivalent(FIRES[case], "f", RULE, [(words, paths[file])])


def test_comment_stays() -> None:
    after = rewritten(FIRES["with, and a comment"], "f", RULE)
    assert after is not None
    assert "# What the file says.\n        text = path_text\n" in after


SILENT = {
    "the path changes": "path = path + word; out.append(open(path).read())",
    "the path belongs to the turn": "out.append(open(word).read())",
    "it is written": "open(path, 'w').write(word); out.append(open(path).read())",
    "it may be written": "out.append(open(path).read()); unknown.write(word)",
    "unknown code": "unknown(word); out.append(open(path).read())",
    "unknown code before it in the statement": "out.append((unknown[word], open(path).read()))",
    "it may not be reached": "out.append(word and open(path).read())",
    "printed to": "print(word, file=unknown); out.append(open(path).read())",
    "mode unknown": "out.append(open(path, word).read())",
    "opened for update": "out.append(open(path, 'r+').read())",
    "number of an open file": "out.append(open(unknown).read())",
    "part of it": "out.append(open(path).read(10))",
    "a line of it": "out.append(open(path).readline())",
    "list kept": "out.append(open(path).readlines())",
    "list changed": "lines = open(path).readlines(); lines.pop()",
    "list changed by name": "lines = open(path).readlines()\n        lines.sort()",
    "asks the user": "input(); out.append(open(path).read())",
    "a device": "out.append(open('/dev/urandom').read())",
    "other statements in the block": (
        "\n        with open(path) as file:\n            text = file.read()\n            out.append(text)"
    ),
    "the file is used again": (
        "\n        with open(path) as file:\n            text = file.read()\n        out.append(file.name)"
    ),
    "waits for it": "\n        while not open(path).read():\n            pass",
    "appended to by a second handle": "\n        text = open(path).read()\n        print(text, file=out[0])",
    "appended to by another with": (
        "\n        text = open(path).read()\n"
        "        with open(path, 'a') as file:\n            file.write(text)"
    ),
    "lines extended": "\n        lines = open(path).readlines()\n        lines += [word]",
    "lines under two names": "\n        lines = more = open(path).readlines()\n        more.append(1)",
    "lines unpacked": "\n        first, *rest = open(path).readlines()\n        rest.append(first)",
    "lines compared and kept": "out.append(max(open(path).readlines(), [word]))",
    "a generator steps on": "next(unknown); out.append(open(path).read())",
    "several on a line": "x = 1; text = open(path).read()",
}


@pytest.mark.parametrize("case", SILENT)
def test_silent(case: str) -> None:
    assert rewritten(f"{HEAD}{SILENT[case]}\n    return out\n", "f", RULE) is None


OTHERS = {
    "no loop": "def f(path: str):\n    return open(path).read()\n",
    "while": "def f(path: str, n: int):\n    while n:\n        n -= len(open(path).read())\n",
    "comprehension": "def f(ws: list[str], p: str):\n    return [w for w in ws if w in open(p).read()]\n",
    "generator": "def f(ws: list[str], path: str):\n    for w in ws:\n        yield w in open(path).read()\n",
    "anybody's iterator": "def f(ws, path: str):\n    for w in ws:\n        print(open(path).read())\n",
    "own open": (
        "def open(p): pass\ndef f(ws: list[str], p: str):\n    for w in ws:\n        print(open(p).read())\n"
    ),
    "path of the module": (
        "P = input()\ndef f(ws: list[str]):\n    for w in ws:\n        print(open(P).read())\n"
    ),
    "sleeps": (
        "import time\ndef f(ws: list[str], p: str):\n"
        "    for w in ws:\n        time.sleep(1)\n        print(open(p).read())\n"
    ),
    "changes the directory": (
        "import os\ndef f(ws: list[str], p: str):\n"
        "    for w in ws:\n        os.chdir(w)\n        print(open(p).read())\n"
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_silent_around(case: str) -> None:
    assert rewritten(OTHERS[case], "f", RULE) is None
